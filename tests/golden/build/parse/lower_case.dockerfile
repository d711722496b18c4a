from a as b
run true
copy --from=b x y
