#!/bin/sh
# Fetches a stock Debian kernel for the virtual machine of the tests and unpacks it into a folder; installs nothing.
# Does nothing when one is there. Needs apt and dpkg-deb.
#
#   test/vm/fetch-kernel.sh [FOLDER]      default: /var/cache/plugpull/vm-kernel
set -eu

folder=${1:-/var/cache/plugpull/vm-kernel}
# A name that always means the current kernel; the package that it needs has the files.
meta=linux-image-amd64

ls "$folder"/boot/vmlinuz-* >/dev/null 2>&1 && exit 0

package=$(apt-cache depends --important "$meta" | sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
[ -n "$package" ] || { echo "no package $meta here: apt-get update, or another distribution" >&2; exit 1; }

parent=$(dirname "$folder")
mkdir -p "$parent"
work=$(mktemp -d "$parent/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get download -qq "$package" 2>/dev/null
mkdir root
# What no test loads is four fifths of it.
dpkg-deb --fsys-tarfile ./*.deb | tar -x -C root \
  --exclude='*/drivers/net' --exclude='*/drivers/gpu' --exclude='*/drivers/media' --exclude='*/drivers/infiniband' \
  --exclude='*/drivers/staging' --exclude='*/drivers/iio' --exclude='*/sound' --exclude='./usr' --exclude='System.map-*'
# Debian 13 keeps modules below usr.
[ -d root/lib/modules ] || dpkg-deb --fsys-tarfile ./*.deb | tar -x -C root --strip-components=2 ./usr/lib/modules

# An emulated CPU takes seconds to unpack the kernel; QEMU starts an unpacked one as well. Without, the packed one serves.
unpack() {
  offset=$(LC_ALL=C grep -abo -P "$1" "$image" | head -n 1 | cut -d: -f1)
  [ -n "$offset" ] && command -v "$2" >/dev/null || return 1
  # What follows the packed part is no error.
  tail -c +$((offset + 1)) "$image" | "$2" -dc 2>/dev/null >"$plain" || true
  [ "$(head -c 4 "$plain" | tail -c 3)" = ELF ] || { rm -f "$plain"; return 1; }
}
image=$(echo root/boot/vmlinuz-*)
plain=root/boot/vmlinux-${image#root/boot/vmlinuz-}
unpack '\xfd7zXZ\x00' xz || unpack '\x28\xb5\x2f\xfd' zstd || true

rm -rf "$folder"
mv root "$folder"
echo "$package is in $folder"
