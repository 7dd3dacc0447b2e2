# frozen_string_literal: true

require_relative "instant"
require_relative "tagged"

module MessagePack
  module Command
    # Counts what `to-json` would write for the tokens of a {Walk}, without writing it.
    #
    # Two things make a difference: the last of duplicate keys is the only one in JSON; and of a string longer than
    # what is read at once nobody has checked whether it is UTF-8.
    #
    # @api private
    class JsonSize
      # As JSON.generate escapes: with one byte more, and with five.
      SHORT_ESCAPES = "\"\\\\\b\f\n\r\t".b.freeze
      LONG_ESCAPES = "\x00-\x07\x0b\x0e-\x1f".b.freeze
      # Payloads that {Headers#head} must have: the longest tag.
      HEAD_BYTES = 12
      # {"$map":[]} around the pairs instead of {}, and [key,value] instead of key:value.
      MAP_TAG = 9
      MAP_TAG_PAIR = 2

      # @return [Integer] bytes until now, and of the objects before the one that has begun last
      attr_reader :total, :whole

      def initialize(walk)
        @walk = walk
        @total = @whole = 0
        @escapes = 0
        walk.on_close { |frame| @total += MAP_TAG + (MAP_TAG_PAIR * frame.announced) if frame.odd }
      end

      # @param piece [String] of the payload of the token that is being read
      def piece(piece)
        return unless @walk.headers.kind == :string

        @escapes += piece.count(SHORT_ESCAPES) + (5 * piece.count(LONG_ESCAPES))
        @invalid = piece.bytesize == @walk.headers.value && !piece.force_encoding(Encoding::UTF_8).valid_encoding?
      end

      # The token has been read.
      def token
        token = @walk.headers
        @whole = @total if @walk.role == :top
        @total += scalar(token)
        @total += 1 if @walk.role == :top
        note_key(token) if @walk.role == :key
        @escapes = 0
        @invalid = false
      end

      private

      def scalar(token)
        case token.kind
        when :string then @invalid ? tagged(5, token.value) : token.value + 2 + @escapes
        when :binary then tagged(5, token.value)
        when :array then 2 + commas(token.value)
        when :map then 2 + token.value + commas(token.value)
        when :extension then extension(token)
        when :float then float(token.value)
        when :nil then 4
        else token.value.to_s.bytesize
        end
      end

      def commas(entries) = entries.zero? ? 0 : entries - 1

      # {"$tag":"base64"}
      def tagged(letters, bytes) = 5 + letters + base64(bytes) + 1

      def base64(bytes) = (bytes + 2) / 3 * 4

      def float(value) = value.finite? ? value.to_s.bytesize : 13 + value.to_s.bytesize

      def extension(token)
        text = Instant.text(token.head) if token.type == Timestamp::TYPE && token.value <= HEAD_BYTES
        return 17 + text.bytesize if text

        # {"$ext":[type,"base64"]}
        14 + token.type.to_s.bytesize + base64(token.value)
      end

      def note_key(token)
        frame = @walk.frames[@walk.depth - 1]
        return if frame.odd

        frame.odd = token.kind != :string || @invalid || (frame.announced == 1 && Tagged::TAGS.include?(token.head))
      end
    end
  end
end
