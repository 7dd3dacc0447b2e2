# frozen_string_literal: true

# One side of the comparison, a process of its own: loads one library, says which, then answers one JSON line on
# standard output for each one read.
#
#   ruby bench/peer.rb SIDE [DIR]     SIDE: ours, gem, floor, json, oj, cbor, marshal
#
#   {"row": "pack small"}                                  -> {"ns": 830.0}           about what one operation takes
#   {"row": "pack small", "turns": 1000}                   -> {"ns": 812.4, "check": "..."}
#   {"row": "pack small", "memory": true}                  -> {"peak_kib": 480, "objects": 1, ...}

require_relative "library"
require_relative "stopwatch"

$stdout.sync = true
side = ARGV.fetch(0).to_sym
begin
  puts JSON.generate(Bench::Library.new(side, ARGV[1]).load)
rescue LoadError => e
  puts JSON.generate({ missing: e.message })
  exit
end
# After the library: rows name its classes only when they are prepared.
require_relative "rows"
watch = Bench::Stopwatch.new(side)
answer = lambda do |order|
  row = Bench::Rows.titled(order.fetch(:row))
  puts JSON.generate(order[:memory] ? watch.memory(row) : watch.time(row, order[:turns]))
end
# Each row in a child: the heap that earlier rows leave, the malloc limit of the GC above all, makes later ones up to
# twice as fast, on one side and not on another.
$stdin.each_line do |line|
  order = JSON.parse(line, symbolize_names: true)
  next answer[order] unless Process.respond_to?(:fork)

  Process.wait(fork { answer[order] })
  exit 1 unless Process.last_status.success?
end
