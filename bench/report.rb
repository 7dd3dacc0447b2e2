# frozen_string_literal: true

module Bench
  # What one row gave: pairs of nanoseconds for one operation, [ours, peer], one a round.
  Result = Struct.new(:row, :number, :pairs, :same) do
    # How many times faster than the peer: above 1 is faster.
    def ratios
      pairs.map { |ours, peer| peer / ours }.sort
    end

    def median
      middle(ratios)
    end

    def ours_ns
      middle(pairs.map(&:first).sort)
    end

    def peer_ns
      middle(pairs.map(&:last).sort)
    end

    def to_h
      { row: row.title, summary: row.summary, ratio: median.round(3), low: ratios.first.round(3),
        high: ratios.last.round(3), ours_ns: ours_ns.round(1), peer_ns: peer_ns.round(1),
        rounds: pairs.size, same_result: same }
    end

    private

    def middle(sorted)
      half = sorted.size / 2
      sorted.size.odd? ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
    end
  end

  # Prints results as a table.
  class Report
    HEADER = format("%-15<row>s %8<ours>s %10<peer>s %9<ratio>s   %-15<spread>s %<what>s",
                    row: "row", ours: "this gem", peer: "peer", ratio: "times", spread: "lowest..highest", what: "what")

    def initialize(out)
      @out = out
    end

    def peers(ours, peer)
      { "this gem" => ours, "peer" => peer }.each do |name, about|
        @out.puts format("%-9<name>s %-10<version>s %<native>s", name: name, **about.slice(:version, :native))
      end
      @out.puts ours[:ruby]
      @out.puts "CPU time of one operation; times = peer / this gem, median of the pairs of runs", ""
      @out.puts HEADER
    end

    def row(result)
      spread = format("%<low>.2f..%<high>.2f", low: result.ratios.first, high: result.ratios.last)
      @out.puts format("%-15<row>s %8<ours>s %10<peer>s %8<ratio>.2fx   %-15<spread>s %<what>s",
                       row: result.row.title, ours: duration(result.ours_ns), peer: duration(result.peer_ns),
                       ratio: result.median, spread: spread, what: "#{result.row.summary}#{remark(result)}")
    end

    def summary(results)
      @out.puts
      results.group_by { |result| result.row.direction }.each do |direction, rows|
        mean = Math.exp(rows.sum { |result| Math.log(result.median) } / rows.size)
        @out.puts format("%<direction>-7s geometric mean of %<count>d rows: %<mean>.2fx",
                         direction: direction, count: rows.size, mean: mean)
      end
    end

    private

    def remark(result)
      return "  RESULTS DIFFER" unless result.same

      result.median < 1 ? "  SLOWER" : ""
    end

    def duration(nanoseconds)
      case nanoseconds
      when ...1e4 then format("%.0f ns", nanoseconds)
      when ...1e7 then format("%.1f us", nanoseconds / 1e3)
      else format("%.1f ms", nanoseconds / 1e6)
      end
    end
  end
end
