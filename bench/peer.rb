# frozen_string_literal: true

# One side of the comparison, a process of its own: loads one library, says
# which, then answers one JSON line on standard output for each one read.
#
#   ruby bench/peer.rb LIBDIRS     LIBDIRS: "system", or directories with ':' between
#
#   {"row": 3}                -> {"ns": 830.0}                  about what one turn of row 3 takes
#   {"row": 3, "turns": 1000} -> {"ns": 812.4, "check": "..."}  measured over so many turns

require "digest"
require "json"
require "rbconfig"

module Bench
  # Loads the library asked for and proves which one it was.
  class Library
    NATIVE = %r{/msgpack/msgpack(?:_ext)?\.#{Regexp.escape(RbConfig::CONFIG["DLEXT"])}\z}

    def initialize(where)
      @dirs = where == "system" ? [] : where.split(File::PATH_SEPARATOR)
    end

    def load
      @dirs.reverse_each { |dir| $LOAD_PATH.unshift(File.expand_path(dir)) }
      require feature
      check(natives)
      { version: MessagePack::VERSION, native: natives.first, ruby: RUBY_DESCRIPTION }
    end

    private

    def feature
      ours? ? "msgpack-ext" : "msgpack"
    end

    def ours?
      @dirs.any? { |dir| File.exist?(File.join(dir, "msgpack-ext.rb")) }
    end

    def natives
      $LOADED_FEATURES.grep(NATIVE)
    end

    def check(found)
      abort "expected one native msgpack library, found #{found.inspect}" unless found.size == 1
      expected = ours? ? "msgpack_ext" : "msgpack"
      return if File.basename(found.first, ".*") == expected

      abort "asked for #{@dirs.empty? ? "the system's msgpack" : @dirs.join(", ")}, but #{found.first} was loaded"
    end
  end

  # Times one row at a time. CPU time of this process, so that a neighbour on
  # the machine costs nothing but its share of the caches.
  class Stopwatch
    ESTIMATE_SECONDS = 0.02

    def initialize(rows)
      @rows = rows
    end

    # @return [Hash] nanoseconds of one turn; when measured, a digest of its result, too
    def run(row:, turns: nil)
      GC.start
      work, result = @rows[row].prepare
      return { ns: estimate(work) } unless turns

      time(work, (turns / 4) + 1) # warm-up
      GC.start
      { ns: time(work, turns) * 1e9 / turns, check: digest(result) }
    end

    private

    def digest(result)
      Digest::SHA256.hexdigest(result.is_a?(String) ? result : Marshal.dump(result))
    end

    def estimate(work)
      turns = 1
      turns *= 2 while (spent = time(work, turns)) < ESTIMATE_SECONDS
      spent * 1e9 / turns
    end

    def time(work, turns)
      start = now
      work.call(turns)
      now - start
    end

    def now
      Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    end
  end
end

if $PROGRAM_NAME == __FILE__
  $stdout.sync = true
  puts JSON.generate(Bench::Library.new(ARGV.fetch(0)).load)
  # After the library: rows.rb names its classes only when a row is prepared.
  require_relative "rows"
  watch = Bench::Stopwatch.new(Bench::Rows.all)
  $stdin.each_line { |line| puts JSON.generate(watch.run(**JSON.parse(line, symbolize_names: true))) }
end
