# frozen_string_literal: true

require "msgpack/bigint"

# Integers beyond 64 bits as an extended type, which is registered for Integer with an option that has two names.
RSpec.describe "oversized integers" do
  let(:factory) { MessagePack::Factory.new }
  let(:handlers) do
    { packer: MessagePack::Bigint.method(:to_msgpack_ext), unpacker: MessagePack::Bigint.method(:from_msgpack_ext) }
  end

  # The bytes of an integer as type 1 in the layout of Bigint.
  def big(integer)
    ext_bytes(1, MessagePack::Bigint.to_msgpack_ext(integer))
  end

  beyond = [2**64, -(2**63) - 1, (2**64) + 1, -(2**64), 2**65, -(2**100), 2**1000, -(3**700), 2**100_000]
  native = [0, 1, -1, 2**32, -(2**32), (2**62) - 1, 2**62, -(2**62) - 1, (2**63) - 1, 2**63, (2**64) - 1, -(2**63)]

  %i[oversized_integer_extension oversized_integer_extension_type].each do |option|
    describe "registered with #{option}: true" do
      before { factory.register_type(1, Integer, **handlers, option => true) }

      it "are packed as the extended type, and come back" do
        beyond.each do |integer|
          expect(factory.dump(integer)).to eq(big(integer))
          expect(factory.packer.write(integer).to_s).to eq(big(integer))
          expect(factory.load(big(integer))).to eq(integer)
        end
      end

      it "leave integers of 64 bits native, -(2**63) included" do
        expect(native.map { |integer| factory.dump(integer) }).to eq(native.map { |integer| MessagePack.pack(integer) })
        expect(factory.load(factory.dump(native))).to eq(native)
      end

      it "stand in arrays and maps, as keys too" do
        value = [1, 2**64, { "k" => -(2**70), 2**80 => [2**90] }]
        packed = bytes(0x93, 1, big(2**64), 0x82, 0xa1, "k", big(-(2**70)), big(2**80), 0x91, big(2**90))
        expect([factory.dump(value), factory.packer.write(value).to_s]).to eq([packed, packed])
        expect(factory.load(packed)).to eq(value)
      end

      {
        "dup" => ->(factory) { factory.dup }, "dup of dup" => ->(factory) { factory.dup.dup },
        "freeze" => ->(factory) { factory.freeze }, "dup of a frozen factory" => ->(factory) { factory.freeze.dup },
        "clone" => ->(factory) { factory.clone }, "pool" => ->(factory) { factory.pool(2) },
        "pool of a dup" => ->(factory) { factory.dup.pool },
        "pool of a frozen factory" => ->(factory) { factory.freeze.pool }
      }.each do |name, make|
        it "survive #{name}" do
          made = make.call(factory)
          beyond.each { |integer| expect(made.dump([integer])).to eq(bytes(0x91, big(integer))) }
          expect(made.load(made.dump(beyond + native))).to eq(beyond + native)
        end
      end

      it "survive a packer's other registrations, and a frozen packer" do
        packer = factory.packer
        packer.register_exttype(Range, 5) { "range" }
        packer.register_type(6, Time, :to_s)
        expect(packer.freeze.write([2**64, 1..2]).to_s).to eq(bytes(0x92, big(2**64), ext_bytes(5, "range")))
      end

      it "are told by registered_types as any type" do
        expect(factory.registered_types)
          .to match([{ type: 1, class: Integer, packer: be_a(Proc), unpacker: be_a(Proc) }])
        expect(factory.registered_types[0][:packer].call(2**64)).to eq(MessagePack::Bigint.to_msgpack_ext(2**64))
      end

      it "stand inside of recursive types" do
        box = FactoryHelpers::Box
        factory.register_type(2, box, packer: ->(it, packer) { packer.write(it.value) },
                                      unpacker: ->(child) { box.new(child.read) }, recursive: true)
        packed = ext_bytes(2, big(2**70))
        expect([factory.dump(box.new(2**70)), factory.load(packed)]).to eq([packed, box.new(2**70)])
      end

      it "need a payload from the handler" do
        factory.register_type(1, Integer, packer: ->(_) { 5 }, option => true)
        packer = factory.packer.write(7)
        expect { packer.write([2**64]) }.to raise_error(TypeError, /String/)
        expect(packer.to_s).to eq(hex("07"))
      end
    end
  end

  it "may have any handlers, and numbers" do
    factory.register_type(-7, Integer, packer: ->(integer) { integer.to_s(16) }, unpacker: ->(data) { data.hex },
                                       oversized_integer_extension: true)
    expect(factory.dump(-(2**64))).to eq(ext_bytes(-7, "-10000000000000000"))
    expect(factory.load(factory.dump([-(2**64), 5]))).to eq([-(2**64), 5])
  end

  it "may be recursive" do
    from_digits = ->(child) { child.read.each_with_index.sum { |digit, place| digit << (32 * place) } }
    factory.register_type(1, Integer, packer: ->(integer, packer) { packer.write(integer.digits(2**32)) },
                                      unpacker: from_digits, recursive: true, oversized_integer_extension: true)
    expect(factory.dump(2**64)).to eq(ext_bytes(1, hex("93 00 00 01")))
    expect(factory.load(factory.dump([2**64, { 2**200 => 7 }]))).to eq([2**64, { 2**200 => 7 }])
  end

  it "are refused without the option, also where Integer is registered" do
    expect { factory.dump(2**64) }.to raise_error(RangeError)
    [{}, { oversized_integer_extension: false }, { oversized_integer_extension_type: nil }].each do |options|
      factory.register_type(1, Integer, **handlers, **options)
      beyond.each { |integer| expect { factory.dump(integer) }.to raise_error(RangeError) }
      expect(factory.dump(native)).to eq(MessagePack.pack(native))
    end
  end

  it "are refused by other packers meanwhile" do
    factory.register_type(1, Integer, **handlers, oversized_integer_extension: true)
    packer = MessagePack::Packer.new.write(7)
    expect { packer.write([2**64]) }.to raise_error(RangeError)
    expect { MessagePack.pack(2**64) }.to raise_error(RangeError)
    expect(packer.to_s).to eq(hex("07"))
  end

  it "are for Integer alone" do
    %i[oversized_integer_extension oversized_integer_extension_type].each do |option|
      expect { factory.register_type(1, Float, packer: :to_s, option => true) }.to raise_error(ArgumentError, /Integer/)
    end
    expect(factory.registered_types).to eq([])
  end
end
