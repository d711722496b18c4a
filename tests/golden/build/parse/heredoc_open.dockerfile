FROM a
RUN cat <<EOT
never closed
