# frozen_string_literal: true

# Programs about the memory of their own process, which Linux tells in /proc.
module ProcessMemory
  # What such a program begins with. Sizes are in bytes.
  PRELUDE = <<~'RUBY'
    # frozen_string_literal: true
    require "msgpack-ext"
    require "objspace"
    require "stringio"

    def kibibytes(name) = Integer(File.read("/proc/self/status")[/^#{name}:\s+(\d+)/, 1])

    def resident
      3.times { GC.start }
      kibibytes("VmRSS") * 1024
    end

    def memsize(object) = ObjectSpace.memsize_of(object)

    # How far the peak rises above what is resident before.
    def peak
      GC.start
      File.write("/proc/self/clear_refs", "5")
      before = kibibytes("VmHWM")
      yield
      (kibibytes("VmHWM") - before) * 1024
    end

    def report(name, *numbers) = puts([name, *numbers].join("\t"))
  RUBY

  # The C library gives back what is freed instead of keeping it for later: what is resident is what is held.
  MALLOC = { "MALLOC_ARENA_MAX" => "1", "MALLOC_MMAP_THRESHOLD_" => "131072",
             "MALLOC_TRIM_THRESHOLD_" => "131072" }.freeze

  # Runs a program that calls `report` any number of times.
  #
  # @return [Hash{String => Array<Integer>}] what it has reported, by names
  def reports_of(program)
    # Not a requirement: what the kernel lets a process write differs from one sandbox to the next.
    skip "needs Linux's /proc, with clear_refs" unless ProcessMemory.told?

    run = in_subprocess(PRELUDE + program, env: MALLOC)
    expect(run).to be_success, run.to_s
    run.stdout.lines(chomp: true).to_h do |line|
      name, *numbers = line.split("\t")
      [name, numbers.map { |number| Integer(number) }]
    end
  end

  # @return [Boolean] whether this system tells, and lets a process begin its peak anew
  def self.told?
    File.writable?("/proc/self/clear_refs") && File.read("/proc/self/status").include?("VmHWM")
  end
end

RSpec.configure { |config| config.include ProcessMemory }
