# frozen_string_literal: true

module MessagePack
  module Command
    # Bytes around the one that breaks, which stands in brackets; where the input ends, the place behind the last one.
    #
    # @api private
    module Hexdump
      ROW = 16
      BEFORE_BYTES = 32
      AFTER_BYTES = 32

      class << self
        # @param source [Source]
        # @param offset [Integer] of the byte that breaks
        # @return [Array<String>] lines
        def lines(source, offset)
          before = BEFORE_BYTES + (offset % ROW)
          first, bytes = source.around(offset, before: before, after: AFTER_BYTES)
          rows = ((first / ROW)..([offset, first + bytes.bytesize - 1].max / ROW))
          rows.map { |row| line(row * ROW, first, bytes, offset) }
        end

        private

        def line(start, first, bytes, offset)
          hex = String.new
          text = String.new
          start.upto(start + ROW - 1) do |at|
            byte = at < first ? nil : bytes.getbyte(at - first)
            hex << cell(byte, at, offset)
            text << character(byte)
          end
          hex << (offset == start + ROW - 1 ? "]" : " ")
          format("%10d  %s |%s|", start, hex, text.rstrip)
        end

        # Brackets take the place of the space between two cells.
        def cell(byte, position, offset)
          border = { offset => "[", offset + 1 => "]" }.fetch(position, " ")
          border = " " if border == "]" && (position % ROW).zero?
          border + (byte ? format("%02x", byte) : "  ")
        end

        def character(byte)
          return " " unless byte

          (0x20..0x7e).cover?(byte) ? byte.chr : "."
        end
      end
    end
  end
end
