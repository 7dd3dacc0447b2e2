# frozen_string_literal: true

# What the specs of Factory share: bytes of extended types, and a type that contains another object.
module FactoryHelpers
  FIXED_HEADERS = { 1 => 0xd4, 2 => 0xd5, 4 => 0xd6, 8 => 0xd7, 16 => 0xd8 }.freeze

  # Holds one object. {FactoryHelpers#box_factory} packs it as the recursive type 1.
  Box = Struct.new(:value) do
    # @param depth [Integer] how many boxes
    # @return [Object] boxes one in the other around `core`
    def self.nested(depth, core = nil)
      (1..depth).inject(core) { |inner, _| new(inner) }
    end
  end

  # @param type [Integer] -128..127
  # @param payload [String]
  # @return [String] an extended type with the smallest header that fits
  # @example
  #   ext_bytes(5, "ab") # => "\xD5\x05ab"
  def ext_bytes(type, payload)
    size = payload.bytesize
    header = case size
             when *FIXED_HEADERS.keys then [FIXED_HEADERS.fetch(size)].pack("C")
             when 0..255 then [0xc7, size].pack("CC")
             when 0..65_535 then [0xc8, size].pack("Cn")
             else [0xc9, size].pack("CN")
             end
    header + [type].pack("c") + payload.b
  end

  # @return [String] what box_factory packs for Box.nested(depth, core)
  def nested_ext_bytes(depth, core = "\xC0".b)
    (1..depth).inject(core) { |inner, _| ext_bytes(1, inner) }
  end

  # @param unpacker [Proc] in the place of the one that reads the content and boxes it
  # @param packer [Proc] in the place of the one that writes the content
  # @return [MessagePack::Factory]
  def box_factory(unpacker: ->(child) { Box.new(child.read) }, packer: ->(box, child) { child.write(box.value) })
    MessagePack::Factory.new.tap do |factory|
      factory.register_type(1, Box, packer: packer, unpacker: unpacker, recursive: true)
    end
  end
end

RSpec.shared_context "with a class that has the gem's two methods" do
  let(:klass) do
    Struct.new(:text) do
      def self.from_msgpack_ext(data) = new(data)
      def to_msgpack_ext = text
    end
  end
  let(:object) { klass.new("abcd") }
  # The object, of a class that is registered as type 5.
  let(:message) { ext_bytes(5, "abcd") }
end

RSpec.configure { |config| config.include FactoryHelpers }
