# frozen_string_literal: true

require_relative "hexdump"
require_relative "paint"
require_relative "subcommand"
require_relative "token_text"
require_relative "walk"

module MessagePack
  module Command
    # Shows a stream as a tree, a line for each token.
    #
    # @api private
    class Inspect < Subcommand
      NAME = "inspect"
      ARGUMENTS = "[FILE...]"
      DESCRIPTION = <<~TEXT
        A line for each value: the offset of its first byte, this byte, the type, the length
        (bytes of strings, binaries and extended types; entries of arrays and maps) and the value.
        Input that is no MessagePack is shown up to the byte that breaks; the status is 1 then.
      TEXT
      COLUMNS = "%10s  %-4s  %-15s  %10s  "
      # Lines don't get longer with each level for ever: 100,000 levels would make 10 GB of spaces.
      MAX_INDENT = 40

      private

      def options(parser)
        @cut = 64
        parser.on("--cut BYTES", Integer, "show that much of strings, binaries, payloads (64)") do |bytes|
          raise OptionParser::InvalidArgument, "#{bytes} (it must be at least 1)" if bytes < 1

          @cut = bytes
        end
        parser.on("--[no-]color", "colours, by default on a terminal only") { |wanted| @color = wanted }
      end

      def head(name)
        @stdout.puts @headed ? "\n==> #{title(name)} <==" : "==> #{title(name)} <=="
        @headed = true
      end

      def work(source)
        @paint = Paint.new(@stdout, @color)
        # 12 bytes are the longest timestamp.
        walk = Walk.new(Headers.new(source, keep: [@cut, 12].max))
        texts = TokenText.new(@cut)
        @stdout.puts "(no objects: the input is empty)" unless source.ahead?(1)
        print_line(walk, texts) while walk.advance
        Status::FINE
      rescue Broken => e
        show_break(source, e)
        raise
      end

      def print_line(walk, texts)
        token = walk.headers
        columns = format(COLUMNS, token.offset, format("%02x", token.byte), token.form.name, token.length)
        text, colour = texts.call(token)
        @stdout << @paint.call(columns, :dim) << place(walk) << @paint.call(text, colour) << "\n"
      end

      def place(walk)
        depth = walk.depth
        indent = depth > MAX_INDENT ? "#{"  " * MAX_INDENT}(level #{depth}) " : "  " * depth
        case walk.role
        when :element then "#{indent}[#{walk.index}] "
        when :value then "#{indent}=> "
        else indent
        end
      end

      def show_break(source, error)
        @stdout << @paint.call(format(COLUMNS, error.offset, source_byte(source, error), "", ""), :dim) <<
          @paint.call("broken here", :red) << "\n"
        @stdout.flush
        @stderr.puts Hexdump.lines(source, error.offset)
      end

      def source_byte(source, error)
        byte = source.around(error.offset, before: 0, after: 1).last&.getbyte(0)
        byte ? format("%02x", byte) : "end"
      end
    end
  end
end
