# frozen_string_literal: true

# One of the two libraries in a process of its own. Makes the cases that it is asked for by itself: what goes through
# the pipes is which cases, and what the library did.
#
#   ruby spec/differential/worker.rb [LIB]     LIB: this gem's folder; without it the C gem
#
# All as Marshal has it: first the library's version, or the text of what is missing; then, for each [kind, seed, range]
# read, an Array of [checksum of the case, steps].

require "zlib"
require_relative "cases"
require_relative "library"

# What an announced length may cost, and a loop that would not end.
{ Process::RLIMIT_AS => 4 << 30, Process::RLIMIT_CPU => 300 }.each do |resource, limit|
  hard = Process.getrlimit(resource).last
  Process.setrlimit(resource, [limit, hard].min, hard)
end

input = $stdin.binmode
output = $stdout.binmode
output.sync = true

begin
  library = Differential::Library.new(ARGV.first)
rescue LoadError => e
  Marshal.dump({ missing: e.message }, output)
  exit
end
Marshal.dump({ version: library.version }, output)

until input.eof?
  kind, seed, numbers = Marshal.load(input) # rubocop:disable Security/MarshalLoad -- from the process that started this
  results = numbers.map do |number|
    made = Differential.case(kind, seed, number, ext: library.method(:ext))
    [Zlib.crc32(made.to_s), made.run(library)]
  end
  Marshal.dump(results, output)
end
