FROM scratch
ENV A=b \
  C=d
CMD x
