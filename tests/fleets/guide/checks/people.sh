#!/bin/sh
# Every home must evaluate.
for person in ada kai; do
  nix eval ".#checks.$person" >/dev/null
done
