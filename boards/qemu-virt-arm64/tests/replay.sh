# A scan of the NVMe drive on the OpenCL device is recorded, and the recording gives the same results on the
# interpreter as on the device. Another input does not.
dd if=/disk/data of=data bs=1M count=2 2>/dev/null
stoker scan --quiet --device opencl --record run.log -f /tests/patterns data >counts
stoker replay run.log --input 0=data --on opencl --against interp
tr a b <data >other
status=0
stoker replay run.log --input 0=other --on interp --against recorded || status=$?
[ $status -ne 0 ]
