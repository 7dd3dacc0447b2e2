# frozen_string_literal: true

require_relative "json_size"
require_relative "paint"
require_relative "subcommand"
require_relative "tally"
require_relative "walk"

module MessagePack
  module Command
    # Counts what is in a stream.
    #
    # @api private
    class Stats < Subcommand
      NAME = "stats"
      ARGUMENTS = "[FILE...]"
      DESCRIPTION = <<~TEXT
        Counts objects, values by type, sizes and levels, names the biggest values by the offset at
        which `inspect` shows them, and tells how many bytes `to-json` would write. Of input that is
        no MessagePack it counts what is before the byte that breaks; the status is 1 then.
      TEXT

      private

      def options(parser)
        parser.on("--[no-]color", "colours, by default on a terminal only") { |wanted| @color = wanted }
      end

      def quiet? = true

      def work(source)
        @paint = Paint.new(@stdout, @color)
        walk = Walk.new(Headers.new(source, keep: JsonSize::HEAD_BYTES))
        tally = Tally.new
        json = JsonSize.new(walk)
        broken = count(walk, tally, json)
        # Whatever is broken, the objects before it are whole if no container is open there.
        whole = walk.frames.empty?
        tally.finish(broken ? walk.headers.offset : source.offset) if whole
        print_report(tally, whole ? json.total : json.whole, broken ? broken.offset : source.offset)
        raise broken if broken

        Status::FINE
      end

      def head(name)
        @stdout.puts "==> #{title(name)} <=="
      end

      def count(walk, tally, json)
        while walk.advance { |piece| json.piece(piece) }
          tally.add(walk)
          json.token
        end
        nil
      rescue Broken => e
        e
      end

      def print_report(tally, json, bytes)
        line "bytes", number(bytes)
        line "objects", number(tally.objects)
        line "values", number(tally.values)
        line "levels", number(tally.deepest) + at(tally.deepest_at)
        line "as JSON", "#{number(json)} bytes#{share(json, bytes)}"
        print_objects(tally)
        print_forms(tally, bytes)
        print_biggest("longest payloads", "bytes", tally.payloads)
        print_biggest("largest containers", "entries", tally.containers)
        @stdout.puts
      end

      def print_objects(tally)
        return if tally.objects.zero?

        heading "object sizes"
        line "smallest", "#{number(tally.smallest)} bytes"
        line "largest", "#{number(tally.largest)} bytes#{at(tally.largest_at)}"
        tally.sizes.each { |range| row("#{number(range.from)} to #{number(range.to)} bytes", number(range.objects)) }
      end

      def print_forms(tally, bytes)
        return if tally.values.zero?

        heading format("%-32s%14s%18s", "types", "count", "bytes")
        tally.forms.each { |name, count, size| row(name, number(count), number(size), share(size, bytes)) }
        tally.extensions.sort.each { |type, count| row("extended type #{type}", number(count)) }
      end

      def print_biggest(title, unit, list)
        return if list.empty?

        heading title
        list.each { |big| row("at byte #{big.offset}", "#{number(big.amount)} #{unit}", big.name) }
      end

      def at(offset) = offset ? ", at byte #{offset}" : ""

      def heading(text)
        @stdout.puts "", @paint.call(text, :cyan)
      end

      def line(name, text) = @stdout.puts(format("%-10s%s", name, text))

      def row(name, *cells)
        widths = [14, 18, 10]
        @stdout.puts "  #{name.ljust(30)}#{cells.zip(widths).map { |cell, width| cell.rjust(width) }.join}"
      end

      def share(part, whole) = whole.zero? ? "" : format(" (%.1f %%)", part * 100.0 / whole)

      def number(integer) = integer.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",")
    end
  end
end
