# frozen_string_literal: true

# Runs programs, and tells before each which one it is:
#
#   ruby spec/stress/fuzzing/child.rb FIRST_SEED COUNT [FILE...]     FILE: required first, see Run

first, count, *planted = ARGV
$LOAD_PATH.unshift(File.expand_path("../../../lib", __dir__))
require "msgpack-ext"
require_relative "programs"
planted.each { |file| require file }

# What an announced length may cost.
hard = Process.getrlimit(Process::RLIMIT_AS).last
Process.setrlimit(Process::RLIMIT_AS, [4 << 30, hard].min, hard)

output = $stdout.binmode
output.sync = true
tell = ->(*news) { output.write(Marshal.dump(news)) }

Array.new(Integer(count)) { |number| Integer(first) + number }.each do |seed|
  tell.call(seed)
  Fuzzing.program(seed).run
rescue Fuzzing::Finding => e
  tell.call(seed, e.message)
rescue Exception => e # rubocop:disable Lint/RescueException -- a NoMemoryError or a fatal is a finding as well
  tell.call(seed, e.full_message(highlight: false))
end
