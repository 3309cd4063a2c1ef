# A log on MTD devices of each kind, through the kernel: RAM, NOR and NAND with a bad block (module/ram_flash.c).
for name in stoker-ram stoker-nor stoker-nand; do
    device=$(sed -n "s/^\(mtd[0-9]*\):.*\"$name\"\$/\1/p" /proc/mtd)
    [ -n "$device" ]
    board_log mtd "/dev/$device" check 40000
    board_log mtd "/dev/$device" expect $name 40000
done
if dmesg | grep 'ram_flash: page'; then exit 1; fi
