# frozen_string_literal: true

module Fuzzing
  # A value as a text that is the same for the same value only: class, encoding, frozen state, bits of Floats and order
  # of keys are in it.
  module Text
    class << self
      # @return [String]
      def of(value)
        String.new(capacity: 64, encoding: Encoding::BINARY).tap { |out| write(value, out) }
      end

      private

      def write(value, out)
        case value
        when nil, true, false, Integer then out << value.inspect
        when Float then out << "f" << [value].pack("G").unpack1("H*")
        when Symbol then out << ":" << string(value.name)
        when String then out << string(value) << frozen(value)
        when Array then list(value, out, "[]")
        when Hash then list(value, out, "{}")
        else object(value, out)
        end
      end

      def string(value) = "#{value.b.dump}@#{value.encoding.name}"

      def list(value, out, ends)
        raise "a subclass: #{value.class}" unless value.instance_of?(Array) || value.instance_of?(Hash)

        out << ends[0]
        (value.is_a?(Hash) ? value.to_a.flatten(1) : value).each do |item|
          write(item, out)
          out << ","
        end
        out << ends[1] << frozen(value)
      end

      def object(value, out)
        content = value.is_a?(MessagePack::ExtType) ? [value.type, value.data] : value.to_a
        out << value.class.name << "("
        content.each { |item| write(item, out) << "," }
        out << ")" << frozen(value)
      end

      def frozen(value) = value.frozen? ? "!" : ""
    end
  end
end
