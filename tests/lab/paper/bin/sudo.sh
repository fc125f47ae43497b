#!/bin/sh
# A stand-in for sudo on a paper host: the login user has no rights there.
echo 'sudo: a password is required' >&2
exit 1
