-- Fires prepared requests one after the other. They stand on the standard input, each as "<length>\n<raw request>".
local shots = {}
local at = 0

function init()
  local file = io.stdin
  for length in function() return file:read("*l") end do
    shots[#shots + 1] = file:read(tonumber(length))
  end
end

function request()
  at = at + 1
  if at > #shots then at = 1 end
  return shots[at]
end

function done(summary)
  local e = summary.errors
  io.write(string.format("answered=%d failed=%d microseconds=%d\n",
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration))
end
