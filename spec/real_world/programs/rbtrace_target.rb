# frozen_string_literal: true

# The live process that rbtrace.rb traces: works until its stdin is closed.
require "rbtrace"

class Work
  def initialize(name)
    @name = name
  end

  def step(number)
    number + @name.size
  end
end

$stdout.sync = true
$count = 0 # rubocop:disable Style/GlobalVars
work = Work.new("w\u00f6rk")
ended = Thread.new { $stdin.read }
puts "ready"
work.step($count += 1) until ended.join(0.005) # rubocop:disable Style/GlobalVars
puts "ended"
