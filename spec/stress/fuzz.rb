# frozen_string_literal: true

# The fuzzer:
#
#   ruby spec/stress/fuzz.rb [--seed N] [--programs N] [--log]
#
# Each program has a seed of its own: the next after that of the one before. What is found is printed with its seed, to
# be run again with `--seed X --programs 1`. Without --seed it begins at a random one. --log adds a line to
# runs/ruby.jsonl.

require "optparse"
require_relative "fuzzing/run"

options = { seed: Random.rand(2**40), programs: 10_000 }
OptionParser.new do |parser|
  parser.on("--seed N", Integer)
  parser.on("--programs N", Integer)
  parser.on("--log")
end.parse!(into: options)

puts "--seed #{options[:seed]} --programs #{options[:programs]}"
run = Fuzzing::Run.new(options[:seed], options[:programs]).run
puts run
run.log(File.expand_path("runs/ruby.jsonl", __dir__)) if options[:log]
exit run.findings.empty?
