# frozen_string_literal: true

require "fileutils"
require "json"
require_relative "result"

module Bench
  # The figures of a run, as Suite gives them and as files keep them.
  class Results
    DIR = File.expand_path("results", __dir__)
    LATEST = File.join(DIR, "latest.json")
    # Beside another library than the system's: the newest C gem, on a newer Ruby.
    NEWEST = File.join(DIR, "newest.json")
    # How long this gem takes of what the floor takes, the other way round than with other sides.
    FLOOR = :floor

    # One row.
    Line = Struct.new(:group, :name, :summary, :same, :ns, :times, :memory, keyword_init: true) do
      def title
        "#{group} #{name}"
      end

      # @return [Float, nil] how many times as long as this gem a side takes: above 1, this gem is faster
      def ratio(side)
        times.dig(side, :median)
      end

      # @return [Float, nil] how many times as long as the floor this gem takes
      def of_floor
        ratio(FLOOR)&.then { |ratio| 1 / ratio }
      end
    end

    def self.read(path = LATEST)
      new(JSON.parse(File.read(path), symbolize_names: true))
    end

    attr_reader :figures, :lines

    # @param figures [Hash] with Symbols as keys
    def initialize(figures)
      @figures = figures
      @lines = figures.fetch(:rows).map { |row| Line.new(**row, group: row[:group].to_sym) }
    end

    def groups
      lines.group_by(&:group)
    end

    # @return [Line, nil]
    def line(title)
      lines.find { |line| line.title == title }
    end

    # @return [Float, nil] geometric mean of the ratios to a side
    def mean(among, side = :gem)
      ratios = among.filter_map { |line| line.ratio(side) }
      Result.mean(ratios) if ratios.any?
    end

    # @return [Line, nil] the row with the lowest ratio to a side
    def worst(among, side = :gem)
      among.select { |line| line.ratio(side) }.min_by { |line| line.ratio(side) }
    end

    # @return [String] "msgpack 1.4.2"
    def peer
      "msgpack #{figures.dig(:sides, :gem, :version) || "(not installed)"}"
    end

    # Without the folders of the machine.
    #
    # @param names [Array<String>] of the files: by default that of its date, and the latest
    def save(dir = DIR, names: ["#{figures.fetch(:made)}.json", File.basename(LATEST)])
      FileUtils.mkdir_p(dir)
      sides = figures.fetch(:sides).transform_values { |about| about.slice(:version) }
      text = "#{JSON.pretty_generate(figures.merge(sides: sides))}\n"
      names.each { |name| File.write(File.join(dir, name), text) }
    end
  end
end
