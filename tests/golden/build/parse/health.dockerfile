FROM a
HEALTHCHECK --interval=5m --timeout=3s --start-period=1m --start-interval=1s --retries=4 CMD curl -f http://localhost/ || exit 1
HEALTHCHECK CMD ["probe", "x"]
HEALTHCHECK NONE
