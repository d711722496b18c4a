FROM a
ENV a=b c="d e" f='g h' i=j\ k
ENV old form  with "quotes"
LABEL "com.example.name"="a value" multi="line \
continued" other=
ARG x y=1 z="two words"
