# frozen_string_literal: true

require "stringio"

# Forms of calls that the signatures promise, and that no other spec has a reason to use.
RSpec.describe MessagePack do
  let(:io) { StringIO.new("".b) }

  describe "pack and dump" do
    included = Object.new.extend(described_class)

    { "MessagePack" => described_class, "an object that includes MessagePack" => included,
      "a Factory" => described_class::Factory.new }.each do |name, receiver|
      it "take nil for an io, and options behind it, as methods of #{name}" do
        %i[pack dump].each do |method|
          expect(receiver.__send__(method, 1, nil)).to eq("\x01")
          expect(receiver.__send__(method, "é".b, nil, compatibility_mode: true)).to eq(hex("a2 c3 a9"))
        end
      end

      it "write to an io as methods of #{name}" do
        expect(%i[pack dump].map { |method| receiver.__send__(method, 1, io) }).to eq([nil, nil])
        expect(io.string).to eq("\x01\x01")
      end
    end
  end

  describe "to_msgpack" do
    { nil => "c0", true => "c3", false => "c2", 1 => "01", 1.5 => "cb 3f f8 00 00 00 00 00 00", "a" => "a1 61",
      a: "a1 61", [] => "90", {} => "80", MessagePack::ExtType.new(1, "a") => "d4 01 61" }.each do |object, packed|
      it "of #{object.inspect} writes to an io, or into a String for nil" do
        expect(object.to_msgpack(io)).to be_nil
        expect([io.string, object.to_msgpack(nil)]).to eq([hex(packed)] * 2)
      end
    end
  end

  it "ExtType.pack writes to an io, or into a String for nil" do
    expect(described_class::ExtType.pack(io, 1, "a")).to be_nil
    expect([io.string, described_class::ExtType.pack(nil, 1, "a")]).to eq([hex("d4 01 61")] * 2)
  end

  it "ExtensionValue[] takes what its new takes" do
    value = described_class::ExtensionValue[1, "a"]
    expect([value.to_a, described_class::ExtensionValue[].to_a]).to eq([[1, "a"], [nil, nil]])
  end

  [described_class::Packer, described_class::Unpacker, described_class::Buffer].each do |klass|
    it "#{klass}.new takes options that it does not know, with an io and without" do
      expect([klass.new(unheard_of: 1), klass.new({ unheard_of: 1 }), klass.new(io, { unheard_of: 1 })])
        .to all(be_an_instance_of(klass))
    end
  end

  describe "register_exttype of a Packer" do
    let(:klass) { Class.new }
    let(:packer) { described_class::Packer.new }

    it "takes the number first, and a block" do
      expect(packer.register_exttype(1, klass) { "a" }).to equal(klass)
      expect(packer.write(klass.new).to_s).to eq(hex("d4 01 61"))
    end

    it "takes nil for the number in either place, and a block that writes" do
      expect(packer.register_exttype(nil, klass) { |_, to| to.write(1) }).to equal(klass)
      expect(packer.write(klass.new).to_s).to eq("\x01")
      expect(packer.register_exttype(klass, nil) { |_, to| to.write(2) }).to equal(klass)
      expect(packer.write(klass.new).to_s).to eq("\x01\x02")
    end
  end

  it "Unpacker#register_type takes nil for the class, with a handler" do
    unpacker = described_class::Unpacker.new
    expect(unpacker.register_type(1, nil, :upcase.to_proc)).to be_nil
    expect(unpacker.feed(hex("d4 01 61")).read).to eq("A")
  end

  describe MessagePack::Factory do
    let(:factory) { described_class.new }

    it "takes the options of register_type as a Hash" do
      klass = Class.new
      expect(factory.register_type(1, klass, { packer: ->(_) { "a" }, unheard_of: 1 })).to be_nil
      expect(factory.dump(klass.new)).to eq(hex("d4 01 61"))
    end

    it "makes a Pool that packs and unpacks by these names, too" do
      pool = factory.pool
      expect([pool.pack(1), pool.unpack("\x01")]).to eq(["\x01", 1])
    end
  end

  it "Unpacker#inspect tells what it is" do
    expect(described_class::Unpacker.new.inspect).to start_with("#<MessagePack::Unpacker ")
  end
end
