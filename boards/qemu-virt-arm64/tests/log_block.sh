# A log on the NVMe drive, through the page cache and past it.
for kind in file direct; do
    board_log $kind /disk/log check 20000
    board_log $kind /disk/log expect $kind 20000
done
