# frozen_string_literal: true

module Differential
  # A value as a text that is the same for the same value, whichever library has made it: with class, encoding, frozen
  # state, bits of Floats, and order of keys.
  module Description
    class << self
      # @return [String]
      def of(value)
        String.new(capacity: 64).tap { |out| describe(value, out) }
      end

      private

      def describe(value, out)
        case value
        when nil, true, false, Integer then out << value.inspect
        when Float then out << "float:" << [value].pack("G").unpack1("H*")
        when String then string(value, out)
        when Symbol then out << ":" << value.name.b.dump << tag(value.encoding)
        when Array then list("[", value, "]", out) { |item| describe(item, out) }
        when Hash then hash(value, out)
        else other(value, out)
        end
      end

      def string(value, out)
        out << subclass(value, String) << value.b.dump << tag(value.encoding)
        out << "!" if value.frozen?
      end

      def hash(value, out)
        list("{", value, "}", out) do |key, item|
          describe(key, out)
          out << "=>"
          describe(item, out)
        end
      end

      def list(opening, value, closing, out)
        out << subclass(value, value.is_a?(Hash) ? Hash : Array) << opening
        value.each do |*item|
          yield(*item)
          out << ","
        end
        out << closing
        out << "!" if value.frozen?
      end

      # An extended type by what both libraries say about theirs; anything else by its class.
      def other(value, out)
        return out << "#<#{value.class}>" unless value.respond_to?(:type)

        out << "ext("
        describe(value.type, out)
        out << ","
        describe(value.respond_to?(:payload) ? value.payload : value.data, out)
        out << ")"
      end

      def subclass(value, core)
        value.instance_of?(core) ? "" : value.class.name
      end

      def tag(encoding)
        encoding == Encoding::UTF_8 ? "" : "@#{encoding}"
      end
    end
  end
end
