# frozen_string_literal: true

require_relative "aims"
require_relative "chart"
require_relative "instructions"
require_relative "report"
require_relative "results"

module Bench
  # Writes the figures of the latest run into pages, between marks:
  #
  #   <!-- bench: means -->
  #   <!-- bench: end -->
  #
  # Nothing between the marks is written by hand. There are `machine`, `means`, `aims`, `start`, `instructions`,
  # `behind`, and for each group its table (`pack`) and its chart (`pack chart`); `newest machine` and so on are those
  # of the run beside the newest C gem.
  class Publish
    ROOT = File.expand_path("..", __dir__)
    PAGES = %w[docs/performance.md README.md].map { |path| File.join(ROOT, path) }.freeze
    PART = /^<!-- bench: (?!end)(?<name>.+?) -->\n(?<body>.*?)^<!-- bench: end -->$/m
    NOTHING_YET = "Not measured yet: `rake bench`.\n"
    FIGURES = Report::Figures
    FORMATS = %w[JSON Oj CBOR Marshal].freeze

    # @param results [Results, nil] nil before the first run
    # @param newest [Publish, nil] of the run beside the newest C gem
    def initialize(results, newest: nil)
      @results = results
      @newest = newest
    end

    # @return [Publish] of the latest run
    def self.latest
      latest, newest = [Results::LATEST, Results::NEWEST].map { |path| Results.read(path) if File.exist?(path) }
      new(latest, newest: new(newest))
    end

    # Draws the charts and writes the pages.
    def run
      Chart.new(@results).save if @results
      PAGES.each { |path| File.write(path, page(File.read(path), path)) }
    end

    # @param path [String] of the page: links are from there
    # @return [String] the text with its parts made anew
    def page(text, path)
      text.gsub(PART) do
        name = Regexp.last_match[:name]
        "<!-- bench: #{name} -->\n#{part(name, path)}<!-- bench: end -->"
      end
    end

    # @return [String] Markdown
    def part(name, path = PAGES.first)
      return @newest ? @newest.part(name.delete_prefix("newest "), path) : NOTHING_YET if name.start_with?("newest ")
      return instructions if name == "instructions"
      return NOTHING_YET unless @results

      group = name.delete_suffix(" chart").to_sym
      return send(name) if %w[machine means aims start behind].include?(name)
      raise KeyError, "no part #{name.inspect}" unless Rows::GROUPS.key?(group)

      name.end_with?(" chart") ? chart(group, path) : rows(group)
    end

    private

    def table(header, rows)
      # The first column has words, all others figures.
      rule = ["---", *Array.new(header.size - 1, "--:")]
      [header, rule, *rows].map { |cells| "| #{cells.join(" | ")} |\n" }.join
    end

    def machine
      about = @results.figures.fetch(:machine)
      versions = @results.figures.fetch(:sides).filter_map do |side, figures|
        "#{side == :gem ? "msgpack" : side} #{figures[:version]}" if figures[:version] && side != :ours
      end
      "Measured on #{@results.figures.fetch(:made)}: #{about[:ruby]}; #{about[:processor]}, " \
        "#{about[:processors]} processors; #{@results.figures.fetch(:rounds)} rounds. " \
        "This gem #{@results.figures.dig(:sides, :ours, :version)}; #{versions.join(", ")}.\n"
    end

    def means
      formats = Library::FORMATS.zip(FORMATS).select { |side, _| @results.mean(@results.lines, side) }
      rows = @results.groups.filter_map do |group, lines|
        means = [:gem, *formats.map(&:first)].map { |side| times(@results.mean(lines, side)) }
        worst = @results.worst(lines)
        next unless worst

        [Rows::GROUPS.fetch(group), *means, "#{times(worst.ratio(:gem))} (#{worst.name})"]
      end
      table(["geometric mean", @results.peer, *formats.map(&:last), "lowest beside the C gem"], rows)
    end

    def aims
      table(["aim", "", "measured", "reached"],
            Aims.new(@results).all.map { |aim| [aim.what, aim.aim, aim.figure, aim.reached ? "yes" : "**no**"] })
    end

    def rows(group)
      lines = @results.groups.fetch(group, [])
      table(["row", "what", "this gem", @results.peer, "lowest..highest", "of the floor", *FORMATS, "objects, bytes",
             "peak KiB"], lines.map { |line| row(line) })
    end

    def row(line)
      [line.name, line.summary, FIGURES.duration(line.ns[:ours]), times(line.ratio(:gem)),
       FIGURES.spread(line.times[:gem]), FIGURES.ratio(line.of_floor),
       *Library::FORMATS.map { |side| times(line.ratio(side)) },
       both(line, :objects, :bytes), both(line, :peak_kib)]
    end

    # This gem's figures, and the C gem's in brackets.
    def both(line, *names)
      ours, gem = %i[ours gem].map do |side|
        line.memory[side]&.values_at(*names)&.map { |figure| FIGURES.count(figure) }&.join(", ")
      end
      return "-" unless ours

      gem ? "#{ours} (#{gem})" : ours
    end

    def times(ratio)
      ratio ? format("%.2fx", ratio) : "-"
    end

    def chart(group, path)
      file = Chart.path(group).delete_prefix("#{ROOT}/")
      up = "../" * path.delete_prefix("#{ROOT}/").count("/")
      "![#{Rows::GROUPS.fetch(group)}: times of the C gem and other formats beside this gem's](#{up}#{file})\n"
    end

    def start
      start = @results.figures[:start] or return NOTHING_YET
      table(["", "`require`, CPU time", "memory taken, KiB", "native library, bytes", "packed gem, bytes"],
            start.map do |side, about|
              [side == :ours ? "this gem" : @results.peer, FIGURES.duration(about[:require_us] * 1e3),
               *%i[require_kib native_bytes gem_bytes].map { |figure| FIGURES.count(about[figure]) }]
            end)
    end

    # Rows in which this gem is not ahead, for the page to say why.
    def behind
      lines = @results.lines.select { |line| line.ratio(:gem)&.<(1) }
      return "None.\n" if lines.empty?

      table(["row", @results.peer, "lowest..highest"],
            lines.map { |line| [line.title, times(line.ratio(:gem)), FIGURES.spread(line.times[:gem])] })
    end

    def instructions
      recorded = Instructions.recorded or return "Not counted yet: `rake \"bench:instructions[record]\"`.\n"
      table(["workload", "instructions of one operation"],
            recorded.fetch(:instructions).map { |title, count| [title, FIGURES.count(count)] })
    end
  end
end
