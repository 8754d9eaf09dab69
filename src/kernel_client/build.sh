#!/bin/sh
# Builds the guest kernel: build.sh TARBALL KCONFIG FOLDER makes FOLDER/linux of Debian's source package's TARBALL.
# Interrupted, it goes on where it was; two at a time wait for each other. make's lines go to standard output.
set -eu
tarball=$1 kconfig=$2 folder=$3
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
[ ! -x "$folder/linux" ] || exit 0
source=$folder/source
clean_up() {
  rm -rf "$source"
  mv "$folder/linux.built" "$folder/linux"
}
if [ -e "$folder/linux.built" ]; then
  clean_up
  exit 0
fi
if [ ! -e "$source/.unpacked" ]; then
  rm -rf "$source"
  mkdir "$source"
  echo "  UNPACK $tarball"
  tar --extract --file "$tarball" --directory "$source" --strip-components=1
  touch "$source/.unpacked"
fi
cd "$source"
if [ ! -e .configured ]; then
  KCONFIG_ALLCONFIG=$kconfig make ARCH=um allnoconfig
  # What kconfig does not know, or whose conditions are not met, it leaves out without a word.
  grep CONFIG_ "$kconfig" | while IFS= read -r line; do
    grep -qxF -e "$line" .config || { echo "$kconfig: this kernel cannot be configured with '$line'" >&2; exit 1; }
  done
  touch .configured
fi
make ARCH=um -j"$(nproc)" linux
strip -o "$folder/linux.part" linux
mv "$folder/linux.part" "$folder/linux.built"
cd "$folder"
clean_up
