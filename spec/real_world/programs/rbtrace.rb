# frozen_string_literal: true

# Traces rbtrace_target.rb, which it starts and ends. Not by the command `rbtrace`: as root that raises a limit of the
# kernel, and it removes message queues of others.
require_relative "report"
require "rbtrace/rbtracer"
require "stringio"

# Whether this system has the queues that rbtrace sends its commands by. Looking for one creates none.
MsgQ.msgget(-Process.pid, 0)
if FFI::LastError.exception == Errno::ENOSYS
  Report.write(lack: "System V message queues: msgget is not implemented here")
  exit
end

results = {}
target = IO.popen([RbConfig.ruby, File.join(__dir__, "rbtrace_target.rb")], "r+")
raise "the process to trace did not start" unless target.gets == "ready\n"

tracer = RBTracer.new(target.pid)
tracer.out = StringIO.new
begin
  results[:sum] = tracer.eval("6 * 7")
  results[:long] = tracer.eval("'s' * 4000")
  results[:of_target] = tracer.eval("$count.class")
  results[:same_process] = tracer.eval("Process.pid") == target.pid.to_s
  results[:error] = tracer.eval("raise 'oops'")
  results[:many] = ["1", "[1,2]", ":a", "nil", "2**70", "1.5", "'é'"].map { |code| tracer.eval(code) }
  results[:too_long] = begin
    tracer.eval(([1] * 100).join(" + "))
  rescue ArgumentError => e
    e.message
  end

  # Each call with its argument and an instance variable, until there are enough of them.
  tracer.show_duration = false
  tracer.add("Work#step(number, @name)")
  deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 60
  until tracer.out.string.scan("Work#step").size > 60
    raise "no calls traced" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

    tracer.recv_lines
    sleep 0.01
  end
ensure
  tracer.detach
end
results[:trace] = tracer.out.string
target.close_write
results[:target] = target.gets
target.close
Report.write(results)
