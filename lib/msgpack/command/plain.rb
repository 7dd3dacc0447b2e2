# frozen_string_literal: true

require_relative "instant"

module MessagePack
  module Command
    # MessagePack's values as a reader of JSON expects them, though not all of them lead back: docs/command.md has the
    # table.
    #
    # @api private
    module Plain
      class << self
        # @param value [Object] that an Unpacker has made
        # @return [Object] that JSON.generate takes
        def write(value)
          case value
          when String then string(value)
          when Float then value.finite? ? value : nil
          when Array then value.map { |element| write(element) }
          when Hash then value.to_h { |key, entry| [key(key), write(entry)] }
          when ExtType then extension(value)
          else value
          end
        end

        private

        def string(value) = value.encoding == Encoding::BINARY ? [value].pack("m0") : value.scrub

        def key(key)
          case key
          when String then key.dup.force_encoding(Encoding::UTF_8).scrub
          else JSON.generate(write(key))
          end
        end

        def extension(value)
          text = Instant.text(value.data) if value.type == Timestamp::TYPE
          text || { "type" => value.type, "data" => [value.data].pack("m0") }
        end
      end
    end
  end
end
