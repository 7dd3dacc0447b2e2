# frozen_string_literal: true

require_relative "results"

module Bench
  # What the figures are to reach, and what they have reached. For people to read: no test asserts one of them.
  class Aims
    Aim = Struct.new(:what, :aim, :figure, :reached)

    # Means and the worst row, against the newest C gem and against 1.4, which is slower on small messages.
    MEANS = { pack: [2.5, 2.8, 1.3], unpack: [3.0, 3.6, 1.45], types: [2.0, 2.0, 1.3] }.freeze
    LARGE = ["API response", "integers", "floats", "coordinates", "short strings", "unicode", "wide map",
             "Symbol keys"].freeze
    NEAR_FLOOR = 1.10
    # Pages that the C library keeps differ from run to run.
    PEAK_NOISE_KIB = 256

    # @param results [Results]
    def initialize(results)
      @results = results
    end

    # @return [Array<Aim>] those that the rows of this run tell
    def all
      (means + [pieces_mean, floor, pieces, bytewise, *skips, dig, blob, *ractors, formats, peak]).compact
    end

    private

    def group(name)
      @results.lines.select { |line| line.group == name }
    end

    def old_peer?
      @results.figures.dig(:sides, :gem, :version).to_s.start_with?("1.4.")
    end

    def means
      MEANS.flat_map do |name, (newest, old, worst)|
        lines = group(name)
        mean = @results.mean(lines) or next []
        aim = old_peer? ? old : newest
        [Aim.new("#{name}: geometric mean", "at least #{aim}x", times(mean), mean >= aim),
         worst_row(name, lines, worst)]
      end
    end

    def worst_row(name, lines, aim)
      # Within reach of the floor there is nothing left to win.
      line = @results.worst(lines.reject { |one| one.of_floor && one.of_floor <= NEAR_FLOOR }) or return
      Aim.new("#{name}: worst row not near its floor", "at least #{aim}x", "#{times(line.ratio(:gem))} (#{line.name})",
              line.ratio(:gem) >= aim)
    end

    def pieces_mean
      mean = @results.mean(group(:streaming).select { |line| line.name.end_with?("4 KiB") }) or return
      Aim.new("pieces of 4 KiB: geometric mean", "at least 2.5x", times(mean), mean >= 2.5)
    end

    def floor
      line = group(:unpack).select { |one| LARGE.include?(one.name) && one.of_floor }.max_by(&:of_floor) or return
      Aim.new("unpack, large documents: farthest from the floor", "at most 1.10",
              format("%.2f (%s)", line.of_floor, line.name), line.of_floor <= NEAR_FLOOR)
    end

    def pieces
      quotient("streaming log in 4 KiB", "streaming log in one piece") do |figure|
        Aim.new("pieces of 4 KiB to one piece", "at most 1.15", format("%.2f", figure), figure <= 1.15)
      end
    end

    def bytewise
      quotient("streaming 1 B pieces, four times longer", "streaming 1 B pieces, short") do |figure|
        Aim.new("1-byte pieces: four times the message", "about 4 times as long", format("%.2f", figure), figure <= 4.8)
      end
    end

    def skips
      ["API response", "floats", "short strings"].map do |name|
        quotient("unpack #{name}", "walk skip, #{name}") do |figure|
          Aim.new("skip to unpack, #{name}", "at least 10x", times(figure), figure >= 10)
        end
      end
    end

    def dig
      quotient("walk unpack, then dig", "walk dig, near the end") do |figure|
        Aim.new("dig to unpack, then dig", "at least 20x", times(figure), figure >= 20)
      end
    end

    def blob
      line = @results.line("unpack blob") or return
      microseconds = line.ns[:ours] / 1e3
      Aim.new("1 MB binary unpacked without copying", "a few microseconds", format("%.1f us", microseconds),
              microseconds < 10)
    end

    # One operation is one in each Ractor.
    def ractors
      [
        quotient("ractors pack in 1 Ractor", "ractors pack in 2 Ractors") do |figure|
          Aim.new("pack in 2 Ractors to 1", "at least 1.6x", times(2 * figure), 2 * figure >= 1.6)
        end,
        quotient("ractors unpack in 1 Ractor", "ractors unpack in 2 Ractors") do |figure|
          floor = quotient("ractors unpack in 1 Ractor", "ractors unpack in 2 Ractors", :floor) { |other| 2 * other }
          next unless floor

          Aim.new("unpack in 2 Ractors to 1", format("the floor's %.2fx", floor), times(2 * figure),
                  2 * figure >= floor * 0.95)
        end
      ]
    end

    def quotient(over, under, side = :ours)
      figures = [over, under].filter_map { |title| @results.line(title)&.ns&.fetch(side, nil) }
      yield figures[0] / figures[1] if figures.size == 2
    end

    def formats
      compared = (group(:pack) + group(:unpack)).select { |line| line.ratio(:json) || line.ratio(:marshal) }
      return if compared.empty?

      slower = compared.select { |line| %i[json marshal].any? { |side| line.ratio(side)&.<(1) } }
      Aim.new("rows slower than JSON or Marshal", "none", list(slower), slower.empty?)
    end

    def peak
      measured = @results.lines.select { |line| line.memory.dig(:ours, :peak_kib) && line.memory.dig(:gem, :peak_kib) }
      return if measured.empty?

      higher = measured.select do |line|
        line.memory[:ours][:peak_kib] > line.memory[:gem][:peak_kib] + PEAK_NOISE_KIB
      end
      Aim.new("rows with a higher peak of memory than the C gem", "none", list(higher), higher.empty?)
    end

    def list(lines)
      lines.empty? ? "none" : "#{lines.size}: #{lines.map(&:title).join("; ")}"
    end

    def times(ratio)
      format("%.2fx", ratio)
    end
  end
end
