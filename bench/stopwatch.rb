# frozen_string_literal: true

require "digest"

module Bench
  # Measures one row at a time, in this process.
  class Stopwatch
    ESTIMATE_SECONDS = 0.01
    PEAK_TURNS = 20
    # Before a row is measured the GC has run so often since it was last allowed to wait for longer; but its turns are
    # done so many times at most, and fewer where they make too little rubbish for it.
    COLLECTIONS = 2
    WARM_UPS = 20
    QUIET_WARM_UPS = 5
    CLOCKS = { cpu: Process::CLOCK_PROCESS_CPUTIME_ID, wall: Process::CLOCK_MONOTONIC }.freeze

    # @param side [Symbol]
    def initialize(side)
      @side = side
    end

    # @param turns [Integer, nil] how many operations to measure; nil for an estimate
    # @return [Hash] ns of one operation; when measured, a digest of its result, too
    def time(row, turns = nil)
      GC.start
      work, result = row.prepare(@side)
      return { unsupported: true } unless work
      return { ns: estimate(row, work) } unless turns

      warm_up(row, work, turns)
      { ns: spend(row, work, turns) * 1e9 / turns, check: result.nil? ? nil : digest(result) }
    end

    # For a process that does nothing else: what it has used before counts.
    #
    # The GC runs after each operation. Without it, what counts is how many operations there are between two of its
    # runs, and who makes one object where another makes eight has eight times as many results lying about.
    #
    # Pages of files, which are those of libraries and are there once for all processes, do not count.
    #
    # @return [Hash] resident memory in KiB before anything is done, and how far its peak is above that (nil where the
    #   system does not tell); objects and bytes (slots and what the objects own) that one operation allocates
    def memory(row)
      GC.start
      base = resident("RssAnon")
      work, = row.prepare(@side)
      return { unsupported: true } unless work

      forget_peak
      PEAK_TURNS.times do
        work.call(1)
        GC.start
      end
      { base_kib: base, peak_kib: base && (resident("VmHWM") - resident("RssFile") - base), **allocations(work) }
    end

    private

    def digest(result)
      Digest::SHA256.hexdigest(result.is_a?(String) ? result : result.inspect)
    end

    def estimate(row, work)
      work.call(1)
      turns = 1
      turns *= 2 while (spent = spend(row, work, turns)) < ESTIMATE_SECONDS
      spent * 1e9 / turns
    end

    # As it is in a process that runs on: the heap's pages have all been used, and been swept, and so has what is
    # allocated between two runs of the GC, of which Ruby lets there be more and more at first: 100 documents of 350 KB
    # were packed in 274 us each, 204 and 236 before that, and in 120 behind it. No GC.start behind it: that gives the
    # memory of large documents back to the system, and to get its pages again, one by one, took up to half of the time
    # measured.
    def warm_up(row, work, turns)
      start = since = GC.count
      limit = GC.stat(:malloc_increase_bytes_limit)
      WARM_UPS.times do |turn|
        spend(row, work, turns)
        grown = GC.stat(:malloc_increase_bytes_limit)
        if grown > limit
          since = GC.count
          limit = grown
        end
        break if GC.count >= since + COLLECTIONS || (GC.count == start && turn >= QUIET_WARM_UPS)
      end
    end

    def spend(row, work, turns)
      clock = CLOCKS.fetch(row.clock)
      start = Process.clock_gettime(clock)
      work.call(turns)
      Process.clock_gettime(clock) - start
    end

    # What has been made for the row, and thrown away, is not the operation's.
    def forget_peak
      GC.start
      File.write("/proc/self/clear_refs", "5")
    rescue SystemCallError
      nil
    end

    def resident(name)
      File.read("/proc/self/status")[/^#{name}:\s+(\d+)/, 1]&.to_i
    rescue SystemCallError
      nil
    end

    def allocations(work)
      require "objspace"
      GC.start
      GC.disable
      # What counting itself takes, and what is made once, is in both figures, and not in the first call of all.
      _, one, two = [1, 1, 2].map { |turns| counted { work.call(turns) } }
      { objects: two[0] - one[0], bytes: two[1] - one[1] }
    ensure
      GC.enable
    end

    def counted
      bytes = ObjectSpace.memsize_of_all
      objects = GC.stat(:total_allocated_objects)
      yield
      made = GC.stat(:total_allocated_objects) - objects
      [made, ObjectSpace.memsize_of_all - bytes]
    end
  end
end
