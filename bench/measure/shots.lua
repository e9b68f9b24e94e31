-- Fires prepared requests one after the other, for as long as wrk was told to, or until there are no more. They stand on the
-- standard input, each as "<length>\n<raw request>".
-- PER_SECOND: at which steady rate; 0 for as fast as they are answered.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long nanos; } mara_time; int clock_gettime(int clock, mara_time *now); ]]
local MONOTONIC = 1

local shots = {}
local at = 0
local rate = tonumber(os.getenv("PER_SECOND"))
local due = 0
local began
-- Milliseconds until there were no more. Global, so that another thread can read it.
tookAll = nil
local threads = {}
local time = ffi.new("mara_time")

local function now()
  ffi.C.clock_gettime(MONOTONIC, time)
  return tonumber(time.seconds) * 1000 + tonumber(time.nanos) / 1e6
end

function init()
  for length in function() return io.stdin:read("*l") end do
    shots[#shots + 1] = io.stdin:read(tonumber(length))
  end
end

-- wrk asks for each request how many milliseconds to wait with it: each takes the next place in one schedule.
if rate > 0 then
  function delay()
    began = began or now()
    due = due + 1
    return math.max(0, math.floor(began + due * 1000 / rate - now()))
  end
end

function request()
  began = began or now()
  at = at + 1
  if at > #shots then
    tookAll = tookAll or now() - began
    wrk.thread:stop()
    at = 1
  end
  return shots[at]
end

function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary)
  local e = summary.errors
  local all = threads[1]:get("tookAll")
  io.write(string.format("answered=%d failed=%d microseconds=%d\n",
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout, all and all * 1000 or summary.duration))
end
