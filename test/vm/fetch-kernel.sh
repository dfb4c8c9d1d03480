#!/bin/sh
# Downloads a Debian kernel for the virtual machine of the tests and unpacks it into a folder. Installs nothing. Does
# nothing if the folder already has a kernel. Needs apt and dpkg-deb.
#
#   test/vm/fetch-kernel.sh [FOLDER]      default: /var/cache/plugpull/vm-kernel
set -eu

folder=${1:-/var/cache/plugpull/vm-kernel}
# The meta package of the current kernel. The files are in the package that it depends on.
meta=linux-image-amd64

ls "$folder"/boot/vmlinuz-* >/dev/null 2>&1 && exit 0

package=$(apt-cache depends --important "$meta" | sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
[ -n "$package" ] || { echo "apt knows no package $meta; run apt-get update, or use Debian" >&2; exit 1; }

parent=$(dirname "$folder")
mkdir -p "$parent"
work=$(mktemp -d "$parent/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get download -qq "$package" 2>/dev/null
mkdir root
# Modules that no test loads are four fifths of the package.
dpkg-deb --fsys-tarfile ./*.deb | tar -x -C root \
  --exclude='*/drivers/net' --exclude='*/drivers/gpu' --exclude='*/drivers/media' --exclude='*/drivers/infiniband' \
  --exclude='*/drivers/staging' --exclude='*/drivers/iio' --exclude='*/sound' --exclude='./usr' --exclude='System.map-*'
# Debian 13 has the modules below /usr.
[ -d root/lib/modules ] || dpkg-deb --fsys-tarfile ./*.deb | tar -x -C root --strip-components=2 ./usr/lib/modules

# An emulated CPU takes seconds to decompress the kernel, so QEMU gets a decompressed one. If that fails, QEMU gets the
# compressed one.
unpack() {
  offset=$(LC_ALL=C grep -abo -P "$1" "$image" | head -n 1 | cut -d: -f1)
  [ -n "$offset" ] && command -v "$2" >/dev/null || return 1
  # The decompressor fails at the bytes after the compressed part; that is no error.
  tail -c +$((offset + 1)) "$image" | "$2" -dc 2>/dev/null >"$plain" || true
  [ "$(head -c 4 "$plain" | tail -c 3)" = ELF ] || { rm -f "$plain"; return 1; }
}
image=$(echo root/boot/vmlinuz-*)
plain=root/boot/vmlinux-${image#root/boot/vmlinuz-}
unpack '\xfd7zXZ\x00' xz || unpack '\x28\xb5\x2f\xfd' zstd || true

rm -rf "$folder"
mv root "$folder"
echo "$package is in $folder"
