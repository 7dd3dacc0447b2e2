# frozen_string_literal: true

require_relative "failure"
require_relative "instant"

module MessagePack
  module Command
    # MessagePack's values as JSON can say them, and back, with nothing lost: what JSON has no form for becomes an
    # object of one key that begins with a dollar sign. docs/command.md has the table.
    #
    # @api private
    module Tagged
      TAGS = %w[$bin $str $ext $timestamp $float $map].freeze
      FLOATS = { "NaN" => Float::NAN, "Infinity" => Float::INFINITY, "-Infinity" => -Float::INFINITY }.freeze

      class << self
        # @param value [Object] that an Unpacker has made
        # @return [Object] that JSON.generate takes
        def write(value)
          case value
          when String then string(value)
          when Float then value.finite? ? value : { "$float" => value.to_s }
          when Array then value.map { |element| write(element) }
          when Hash then map(value)
          when ExtType then extension(value)
          else value
          end
        end

        # @param value [Object] that JSON.parse has made
        # @return [Object] that a Packer takes
        # @raise [Failure] if a tag has a value that {write} gives to none
        def read(value)
          case value
          when Array then value.map { |element| read(element) }
          when Hash
            tag, content = value.first
            value.size == 1 && TAGS.include?(tag) ? untag(tag, content) : value.transform_values { |entry| read(entry) }
          else value
          end
        end

        # Whether a key of a map may be one of a JSON object.
        def fit?(key) = key.is_a?(String) && key.encoding == Encoding::UTF_8 && key.valid_encoding?

        private

        def string(value)
          return { "$bin" => base64(value) } if value.encoding == Encoding::BINARY

          value.valid_encoding? ? value : { "$str" => base64(value) }
        end

        def map(hash)
          fit = hash.each_key.all? { |key| fit?(key) } && !(hash.size == 1 && TAGS.include?(hash.first[0]))
          return hash.transform_values { |value| write(value) } if fit

          { "$map" => hash.map { |key, value| [write(key), write(value)] } }
        end

        def extension(value)
          text = Instant.text(value.data) if value.type == Timestamp::TYPE
          text ? { "$timestamp" => text } : { "$ext" => [value.type, base64(value.data)] }
        end

        def untag(tag, content)
          case [tag, content]
          in ["$bin", String] then binary(tag, content)
          in ["$str", String] then binary(tag, content).force_encoding(Encoding::UTF_8)
          in ["$ext", [-128..127 => type, String => data]] then ExtType.from_exttype(type, binary(tag, data))
          in ["$timestamp", String] then timestamp(content)
          in ["$float", "NaN" | "Infinity" | "-Infinity"] then FLOATS.fetch(content)
          in ["$map", Array] then pairs(content)
          else refuse(tag, content)
          end
        end

        def timestamp(text)
          payload = Instant.payload(text) or refuse("$timestamp", text)
          ExtType.from_exttype(Timestamp::TYPE, payload)
        end

        def pairs(list)
          list.to_h do |pair|
            refuse("$map", pair) unless pair.is_a?(Array) && pair.size == 2

            pair.map { |value| read(value) }
          end
        end

        def base64(bytes) = [bytes].pack("m0")

        def binary(tag, text)
          text.unpack1("m0")
        rescue ArgumentError
          refuse(tag, text)
        end

        def refuse(tag, content)
          found = content.inspect
          found = "#{found[0, 40]}..." if found.length > 40
          raise Failure, "#{tag.inspect} has a form that `to-json` writes, which #{found} is not (docs/command.md); " \
                         "with --plain such an object is a map like any other"
        end
      end
    end
  end
end
