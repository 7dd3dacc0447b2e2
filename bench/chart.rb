# frozen_string_literal: true

require "open3"
require_relative "results"
require_relative "rows"

module Bench
  # Draws the rows of a group with gnuplot: how many times as long as this gem the others take, on a logarithmic scale.
  class Chart
    class Failed < StandardError; end

    GROUPS = %i[pack unpack streaming types walk].freeze
    # Points beside the bars of the C gem: side, title, gnuplot's mark, colour.
    POINTS = [[:floor, "floor", 2, "#404040"], [:json, "JSON", 7, "#d95f02"], [:oj, "Oj", 9, "#7570b3"],
              [:cbor, "CBOR", 5, "#e7298a"], [:marshal, "Marshal", 13, "#66a61e"]].freeze
    TICKS = [0.25, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 300, 1000, 3000].freeze
    BAR = "#a6d9c8"
    ROW_PIXELS = 24
    FRAME_PIXELS = 110

    # @return [String] where the chart of a group is kept
    def self.path(group, dir = Results::DIR)
      File.join(dir, "#{group}.svg")
    end

    # @param results [Results]
    def initialize(results)
      @results = results
    end

    # @return [Array<String>] the files written
    def save(dir = Results::DIR)
      GROUPS.filter_map do |group|
        lines = comparable(group)
        next if lines.empty?

        self.class.path(group, dir).tap { |path| File.write(path, svg(group, lines)) }
      end
    end

    # @return [String]
    # @raise [Failed] gnuplot is missing or refuses
    def svg(group, lines = comparable(group))
      output, errors, status = Open3.capture3("gnuplot", stdin_data: program(group, lines))
      raise Failed, "gnuplot: #{errors}" unless status.success?

      # What a browser shows when the pointer rests on it.
      output.sub("<title>Gnuplot</title>", "<title>#{Rows::GROUPS.fetch(group)}</title>")
    rescue Errno::ENOENT
      raise Failed, "gnuplot is missing: bin/setup --bench"
    end

    # @return [String] what gnuplot is told
    def program(group, lines)
      points = POINTS.select { |side, *| lines.any? { |line| line.ratio(side) } }
      <<~GNUPLOT
        set terminal svg size 860,#{FRAME_PIXELS + (ROW_PIXELS * lines.size)} font "sans-serif,12" background "white"
        set title "#{Rows::GROUPS.fetch(group)}: time of the others, this gem's being 1"
        set logscale x
        set xrange [0.25:*]
        set yrange [#{lines.size - 0.5}:-0.5]
        set xtics (#{ticks(lines)})
        set ytics (#{lines.each_with_index.map { |line, at| "\"#{line.name}\" #{at}" }.join(", ")})
        set grid xtics
        set key below horizontal
        set style fill solid 0.9 noborder
        set arrow from 1,graph 0 to 1,graph 1 nohead linecolor rgb "#000000"
        #{blocks(lines, points)}
        plot #{[bars, *points.map { |point| marks(*point) }].join(", ")}
      GNUPLOT
    end

    private

    # A row that the C gem has not has nothing to be drawn beside.
    def comparable(group)
      @results.lines.select { |line| line.group == group && line.ratio(:gem) }
    end

    def ticks(lines)
      highest = lines.flat_map { |line| line.times.values.map { |times| times[:median] } }.max
      TICKS.select { |tick| tick <= highest * 2 }.map { |tick| "\"#{tick}\" #{tick}" }.join(", ")
    end

    # The data, a named block for each side: ratio and place of each row.
    def blocks(lines, points)
      [:gem, *points.map(&:first)].map do |side|
        rows = lines.each_with_index.filter_map { |line, at| "#{line.ratio(side)} #{at}" if line.ratio(side) }
        "$#{side} << EOD\n#{rows.join("\n")}\nEOD"
      end.join("\n")
    end

    def bars
      "$gem using 1:2:(1):1:($2-0.35):($2+0.35) with boxxyerror linecolor rgb \"#{BAR}\" title \"#{@results.peer}\""
    end

    def marks(side, title, mark, colour)
      "$#{side} using 1:2 with points pointtype #{mark} pointsize 0.8 linecolor rgb \"#{colour}\" title \"#{title}\""
    end
  end
end
