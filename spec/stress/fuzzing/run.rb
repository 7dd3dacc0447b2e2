# frozen_string_literal: true

require "io/wait"
require "json"
require "rbconfig"
require "tempfile"
require "timeout"

module Fuzzing
  # Programs of consecutive seeds, run in processes of their own, so that one that crashes or hangs is a finding too.
  class Run
    CHILD = File.expand_path("child.rb", __dir__)
    # Programs of one process.
    BATCH = 10_000
    # How many of its findings a run tells.
    SHOWN = 5
    # Seconds without news after which a process counts as hung; a program takes a few milliseconds.
    PATIENCE = 120
    # A run that finds as much as this has found enough.
    ENOUGH = 20

    # @return [Integer]
    attr_reader :seed, :executions
    # @return [Hash{Integer => String}] the program's seed, and what is wrong
    attr_reader :findings
    # @return [Float]
    attr_reader :seconds

    # @param seed [Integer] of the first program
    # @param programs [Integer] how many
    # @param planted [Array<String>] files that the process requires, which break the library for the fuzzer to find
    def initialize(seed, programs, patience: PATIENCE, planted: [])
      @seed = seed
      @programs = programs
      @patience = patience
      @planted = planted
      @findings = {}
      @executions = 0
    end

    # @return [self]
    def run
      started = now
      following = seed
      while following < seed + @programs && findings.size < ENOUGH
        following = batch(following, [BATCH, seed + @programs - following].min)
      end
      @seconds = (now - started).round(1)
      self
    end

    # Appends a line about this run.
    def log(path)
      line = { target: "ruby", seed: seed, executions: executions, seconds: seconds,
               commit: `git -C #{__dir__} rev-parse --short HEAD`.chomp, finding: findings.empty? ? nil : brief }
      File.open(path, "a") { |file| file.puts(JSON.generate(line)) }
    end

    def to_s
      ["#{executions} programs from seed #{seed} on in #{seconds} s: #{findings.size} findings",
       *findings.first(SHOWN).map { |program, text| "--seed #{program} --programs 1: #{text}" }].join("\n\n")
    end

    private

    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    def brief
      program, text = findings.first
      "#{findings.size} findings, the first with seed #{program}: #{text.lines.first.strip[0, 300]}"
    end

    # @return [Integer] the seed to go on with
    def batch(first, count)
      Tempfile.create("fuzzing") do |errors|
        process = IO.popen([RbConfig.ruby, CHILD, first.to_s, count.to_s, *@planted], "rb", err: errors.path)
        last = follow(process, first)
        return last + 1 if last == first + count - 1 && Process.last_status.success?

        findings[last] ||= "the process ended: #{Process.last_status}\n#{File.read(errors.path)[0, 2000]}"
        last + 1
      end
    end

    # @return [Integer] the seed of the last program
    def follow(process, last)
      while (news = news_of(process))
        seed, text = news
        last = seed
        text ? findings[seed] = text : @executions += 1
      end
      process.close
      last
    rescue Timeout::Error
      findings[last] = "no end within #{@patience} s"
      Process.kill(:KILL, process.pid)
      process.close
      last
    end

    # @return [Array(Integer, String), nil] a seed that begins, or what was found with it
    def news_of(process)
      process.wait_readable(@patience) or raise Timeout::Error
      Marshal.load(process) # rubocop:disable Security/MarshalLoad -- from a process started here
    rescue EOFError, ArgumentError, ::TypeError
      nil
    end
  end
end
