# frozen_string_literal: true

require_relative "instant"

module MessagePack
  module Command
    # What `inspect` says about the value of a token, and in which colour.
    #
    # @api private
    class TokenText
      # @param cut [Integer] bytes of a payload that are shown
      def initialize(cut)
        @cut = cut
      end

      # @param token [Headers]
      # @return [Array(String, Symbol)] one line, whatever is in the input, and a colour of {Paint} or nil
      def call(token)
        case token.kind
        when :string then [string(token), :green]
        when :binary then [hex(token), :yellow]
        when :extension then [extension(token), :yellow]
        when :array then [count(token.value, "array", "element"), nil]
        when :map then [count(token.value, "map", "pair"), nil]
        else [scalar(token.value), :cyan]
        end
      end

      private

      def scalar(value)
        return "nil" if value.nil?

        value.is_a?(Float) && value.nan? ? "NaN" : value.to_s
      end

      def count(number, kind, entry) = "#{kind} of #{number} #{entry}#{"s" if number != 1}"

      # String#inspect escapes what would steer a terminal.
      def string(token)
        head = token.head.dup.force_encoding(Encoding::UTF_8)
        text = head.byteslice(0, @cut)
        text = whole_characters(text) if token.value > @cut
        note = text.valid_encoding? ? "" : " (invalid UTF-8)"
        "#{text.inspect}#{more(token, text.bytesize)}#{note}"
      end

      def hex(token)
        shown = token.head.byteslice(0, @cut)
        "<#{shown.unpack("C*").map { |byte| format("%02x", byte) }.join(" ")}>#{more(token, shown.bytesize)}"
      end

      def extension(token)
        return "type #{token.type} #{hex(token)}" unless token.type == Timestamp::TYPE

        text = Instant.text(token.head) if token.value <= 12
        text ? "timestamp #{text}" : "type -1 #{hex(token)} (no timestamp: wrong length or nanoseconds)"
      end

      # A character that the cut goes through is left out. The longest has 4 bytes.
      def whole_characters(text)
        lengths = text.bytesize.downto([text.bytesize - 3, 1].max)
        lengths.map { |length| text.byteslice(0, length) }.find(&:valid_encoding?) || text
      end

      def more(token, shown)
        token.value > shown ? "... #{token.value - shown} bytes more" : ""
      end
    end
  end
end
