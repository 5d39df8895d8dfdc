-- SPDX-License-Identifier: MIT
-- What wrk measured, as one line of JSON behind a word that bench/wrk.py looks for.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'fanlight-bench {"requests":%d,"duration_us":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,'
      .. '"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration, errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
