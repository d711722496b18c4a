FROM a
RUN <<EOT
echo one
  echo "two $X"
EOT
RUN <<-'EOT' cat > /x
	tab $X
	EOT
COPY <<one <<"two" /dir/
1 $A
one
2 $A
two
RUN 3<<A cat <<B
a
A
b
B
CMD x
