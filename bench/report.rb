# frozen_string_literal: true

require_relative "aims"
require_relative "library"
require_relative "results"
require_relative "rows"

module Bench
  # Prints results on a terminal.
  class Report
    # How figures are written, here and on pages.
    module Figures
      module_function

      def duration(nanoseconds)
        case nanoseconds
        when nil then "-"
        when ...1e4 then format("%.0f ns", nanoseconds)
        when ...1e7 then format("%.1f us", nanoseconds / 1e3)
        else format("%.1f ms", nanoseconds / 1e6)
        end
      end

      def ratio(number)
        number ? format("%.2f", number) : "-"
      end

      def spread(times)
        times ? format("%<low>.2f..%<high>.2f", low: times[:low], high: times[:high]) : "-"
      end

      def count(number)
        number ? number.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",") : "-"
      end
    end

    LEGEND = <<~TEXT

      CPU time of one operation (Ractors: of the clock). Other sides: how many times as long as this gem, median of
      pairs of runs; the floor: how many times as long as it this gem takes. Objects allocated by one operation; KiB:
      the peak of memory above what the process has before.
    TEXT
    LINE = "%-30s %9s %6s %-12s %6s %6s %6s %6s %7s  %9s %9s %7s %7s%s"
    HEADER = format(LINE, "row", "this gem", "C gem", "low..high", "floor", "JSON", "Oj", "CBOR", "Marshal", "objects",
                    "C gem", "KiB", "C gem", "")

    # @param results [Results]
    def initialize(results, out = $stdout)
      @results = results
      @out = out
    end

    # @param aims [Boolean] whether to say what has been reached: means of some rows only would mislead
    def print(aims: true)
      sides
      @results.groups.each { |group, lines| table(group, lines) }
      start
      print_aims if aims
    end

    private

    def sides
      @results.figures.fetch(:sides).each do |side, about|
        note = about[:missing] ? "NOT THERE: #{about[:missing].lines.first.chomp}" : about[:native]
        @out.puts format("%-8s %-9s %s", side, about[:version], note).rstrip
      end
      @out.puts @results.figures.fetch(:machine).values_at(:ruby, :processor).compact
      @out.puts LEGEND
    end

    def table(group, lines)
      @out.puts "", Rows::GROUPS.fetch(group), HEADER
      lines.each { |line| @out.puts row(line) }
      mean = @results.mean(lines)
      @out.puts format("%-30s %9s %6s", "geometric mean", "", Figures.ratio(mean)) if mean
    end

    def row(line)
      memory = %i[objects peak_kib].product(%i[ours gem]).map { |of, side| Figures.count(line.memory.dig(side, of)) }
      format(LINE, line.name, Figures.duration(line.ns[:ours]), Figures.ratio(line.ratio(:gem)),
             Figures.spread(line.times[:gem]), Figures.ratio(line.of_floor),
             *Library::FORMATS.map { |side| Figures.ratio(line.ratio(side)) }, *memory,
             line.same ? "" : "  RESULTS DIFFER").rstrip
    end

    def start
      start = @results.figures[:start] or return
      @out.puts "", "Loading the library"
      start.each do |side, about|
        @out.puts format("%-5s require: %s, %d KiB; native library: %s bytes%s", side,
                         Figures.duration(about[:require_us] * 1e3), about[:require_kib],
                         Figures.count(about[:native_bytes]),
                         about[:gem_bytes] && "; gem: #{Figures.count(about[:gem_bytes])} bytes")
      end
    end

    def print_aims
      aims = Aims.new(@results).all
      return if aims.empty?

      @out.puts "", "What is to be reached"
      aims.each do |aim|
        @out.puts format("%-3s %-52s %-22s %s", aim.reached ? "yes" : "NO", aim.what, aim.aim, aim.figure)
      end
    end
  end
end
