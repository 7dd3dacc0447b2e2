# frozen_string_literal: true

require_relative "cases"

module Differential
  # The first step at which the two libraries did not do the same in one case, with the texts of both ({Trace}): nil for
  # a library that did not take this step. What follows it is not compared, for it follows from this.
  Difference = Struct.new(:kase, :step, :ours, :theirs, :earlier, keyword_init: true) do
    def to_s
      lines = [kase.to_s, "#{step} after #{earlier.size} steps", "this gem: #{ours || "-"}",
               "C gem:    #{theirs || "-"}"]
      lines.map { |line| line.length > Difference::LONGEST ? "#{line[0, Difference::LONGEST]}..." : line }.join("\n  ")
    end

    # @param name [String] a class of errors
    def we_raise?(name) = ours == "!#{name}"

    # @param name [String] a class of errors
    def they_raise?(name) = theirs == "!#{name}"

    def packing?
      kase.is_a?(ObjectCase) && kase.packing.steps.include?(step)
    end

    def reading? = !packing?

    # Whether it is a call of one of the Packer's methods for values of one type.
    def call? = packing? && kase.packing.is_a?(TypedCall)

    # @return [Integer] how many levels there can be
    def depth
      return kase.bytes.each_byte.count { |byte| Difference::CONTAINERS.include?(byte) } if kase.is_a?(BytesCase)

      Difference.depth_of(kase.object)
    end

    # Whether there can be a bin.
    def bin?
      return kase.bytes.match?(/[\xC4-\xC6]/n) if kase.is_a?(BytesCase)

      texts.any? { |text| text.encoding == Encoding::BINARY }
    end

    # Whether there can be an extended type.
    def ext?
      return kase.bytes.match?(/[\xC7-\xC9\xD4-\xD8]/n) if kase.is_a?(BytesCase)

      kase.to_s.include?("ext(")
    end

    # @return [Array<String, Symbol>] all that the packed object contains
    def texts = Difference.texts_in(kase.object)
  end

  class Difference
    # Of a line that a person is to read.
    LONGEST = 600
    # The first bytes of maps and arrays.
    CONTAINERS = [*0x80..0x9f, *0xdc..0xdf].freeze

    class << self
      # @return [Integer] containers within each other, and objects that a packer has to ask for `to_msgpack`
      def depth_of(object)
        inner = parts(object)
        inner ? 1 + inner.map { |part| depth_of(part) }.max.to_i : 0
      end

      # @return [Array<String, Symbol>]
      def texts_in(object)
        case object
        when String, Symbol then [object]
        else parts(object).to_a.flat_map { |part| texts_in(part) }
        end
      end

      private

      # @return [Array, nil] nil for what has no parts and is packed without being asked
      def parts(object)
        case object
        when nil, true, false, Integer, Float, String, Symbol, Ext then nil
        when Hash then object.to_a.flatten(1)
        when Generator::Custom then [:custom, object.content]
        when Array then object
        else []
        end
      end
    end
  end
end
