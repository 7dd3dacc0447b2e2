# frozen_string_literal: true

require "json"
require "rbconfig"

module Bench
  # The parent's end of one bench/peer.rb process.
  class Contestant
    class Gone < StandardError; end

    # What the sides are given for rows of time, so that none is measured in luck. A heap of so many slots (from Ruby
    # 3.3 on its pool of the smallest), two MB: else the library that makes fewer objects when it is loaded has the
    # smaller heap, and runs the GC more often for the same rubbish. And a C library (glibc) that keeps memory for its
    # process: else a library beside whose results nothing lies at the heap's end gives all back to the system at each
    # GC, and gets it again page by page.
    STEADY = { "RUBY_GC_HEAP_INIT_SLOTS" => "200000", "RUBY_GC_HEAP_0_INIT_SLOTS" => "200000",
               "MALLOC_TRIM_THRESHOLD_" => "1073741824", "MALLOC_MMAP_THRESHOLD_" => "33554432" }.freeze

    attr_reader :side, :about

    # @param side [Symbol]
    # @param dir [String, nil] see Library
    # @param environment [Hash{String => String}]
    def self.start(side, dir = nil, environment: STEADY)
      contestant = new(side, dir, environment)
      return contestant unless block_given?

      begin
        yield contestant
      ensure
        contestant.close
      end
    end

    def initialize(side, dir, environment)
      @side = side
      @io = IO.popen([environment, RbConfig.ruby, File.join(__dir__, "peer.rb"), side.to_s, *dir], "r+")
      @about = answer
    end

    def missing?
      about.key?(:missing)
    end

    # @return [Float, nil] ns of one operation, nil where this side does not do the row
    def estimate(row)
      ask(row: row.title)[:ns] if row.side?(side)
    end

    # @return [Hash] :ns, :check
    def time(row, turns)
      ask(row: row.title, turns: turns)
    end

    # @return [Hash] :base_kib, :peak_kib, :objects, :bytes
    def memory(row)
      ask(row: row.title, memory: true)
    end

    def close
      @io.close
    end

    private

    def ask(order)
      @io.puts(JSON.generate(order))
      answer
    rescue Errno::EPIPE
      raise Gone, "the process for #{side} ended early"
    end

    def answer
      # The process has said on standard error what was wrong.
      line = @io.gets or raise Gone, "the process for #{side} ended early"
      JSON.parse(line, symbolize_names: true)
    end
  end
end
