FROM a
CMD ["a", "b\n", "\u00e9"]
CMD [ "a" ]
CMD ['single']
CMD []
RUN ["x"] && y
VOLUME ["/a", "/b c"]
VOLUME /a /b
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
