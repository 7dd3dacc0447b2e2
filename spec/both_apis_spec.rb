# frozen_string_literal: true

# The wiki's registrations and the gem's in one process, on the same Packer and the same Unpacker, without a switch.
RSpec.describe "register_exttype and register_type together" do
  let(:klass) do
    Class.new do
      def to_exttype = "wiki"
      def to_msgpack_ext = "gem"
      def to_msgpack(packer) = packer.write("low")
    end
  end

  describe MessagePack::Packer do
    subject(:packer) { described_class.new }

    let(:low) { bytes(0xa3, "low") }
    let(:high_wiki) { ext_bytes(5, "wiki") }
    let(:high_gem) { ext_bytes(6, "gem") }

    def packed(object = klass.new)
      packer.write(object).full_pack
    end

    it "takes the later registration of a class, by whichever method" do
      seen = [-> { packer.register_exttype(klass, 5) }, -> { packer.register_type(6, klass) },
              -> { packer.register_lowlevel(klass) }, -> { packer.register_type(6, klass) },
              -> { packer.register_exttype(5, klass) }, -> { packer.register_exttype(klass, nil) }].map do |register|
        register.call
        packed
      end
      expect(seen).to eq([high_wiki, high_gem, low, high_gem, high_wiki, low])
    end

    it "unregisters and forbids what either has registered" do
      packer.register_type(6, klass)
      packer.unregister_exttype(klass)
      expect([packed, packer.exttype(klass), packer.registered_types]).to eq([low, nil, []])
      packer.register_type(6, klass)
      packer.register_exttype(klass, 5, nil)
      expect([packed, packer.registered_types]).to eq([low, []])
      packer.register_type(6, klass)
      packer.register_exttype(klass, 5, false)
      expect { packed }.to raise_error(TypeError)
      packer.register_type(6, klass)
      expect(packed).to eq(high_gem)
    end

    it "takes the nearest class, whichever method has registered it" do
      child = Class.new(klass)
      packer.register_type(6, klass)
      packer.register_exttype(child, 5)
      expect([packed, packed(child.new), packed(Class.new(child).new)]).to eq([high_gem, high_wiki, high_wiki])
      packer.register_exttype(klass, 5)
      packer.register_type(6, child)
      expect([packed, packed(child.new), packed(Class.new(child).new)]).to eq([high_wiki, high_gem, high_gem])
      packer.register_type(7, Object) { "object" }
      packer.register_lowlevel(BasicObject) { |_object, given| given.write(0) }
      expect([packed, packed(1..2), packed(Class.new(BasicObject).new)])
        .to eq([high_wiki, ext_bytes(7, "object"), hex("00")])
    end

    it "packs objects of both in one container" do
      packer.register_exttype(Range, 5) { |range| "wiki #{range}" }
      packer.register_type(6, klass)
      packer.register_lowlevel(Time) { |_time, given| given.write("low") }
      expect(packed([klass.new, { (1..2) => klass.new }, Time.at(0)]))
        .to eq(bytes(0x93, high_gem, 0x81, ext_bytes(5, "wiki 1..2"), high_gem, low))
    end

    it "shows by exttype and resolve_exttype what register_type has registered", signatures: false do
      block = proc { "x" }
      packer.register_type(6, klass, &block)
      expect([packer.exttype(klass), packer.resolve_exttype(Class.new(klass))]).to all(match([6, equal(block)]))
      expect(packer.exttype(klass)).to be_frozen
      packer.register_type(-6, klass, :hash)
      expect(packer.exttype(klass)).to eq([-6, :hash])
      expect(packer.resolve_exttype(Class.new)).to be_nil
    end

    it "shows by registered_types what register_exttype has registered, by number" do
      packer.register_exttype(klass, 5)
      packer.register_type(3, Range, :to_s)
      packer.register_exttype(Time, 4) { "time" }
      list = packer.registered_types
      expect(list.map { |entry| entry.values_at(:type, :class) }).to eq([[3, Range], [4, Time], [5, klass]])
      expect(list.map { |entry| entry[:packer] }).to all(be_a(Proc))
      expect([list[0][:packer].call(1..2), list[1][:packer].call(nil), list[2][:packer].call(klass.new)])
        .to eq(%w[1..2 time wiki])
      expect(packer.registered_types.map { |entry| entry[:packer] })
        .to match(list.map { |entry| equal(entry[:packer]) })
      expect([packer.type_registered?(klass), packer.type_registered?(5)]).to eq([true, true])
    end

    it "leaves low-level and forbidden classes out of registered_types" do
      packer.register_exttype(klass, nil)
      packer.register_lowlevel(Range) { nil }
      packer.register_exttype(Time, 5, false)
      expect([packer.registered_types, packer.type_registered?(klass), packer.type_registered?(5)])
        .to eq([[], false, false])
    end

    it "keeps the ranges of numbers apart" do
      expect { packer.register_exttype(klass, -1) }.to raise_error(ArgumentError)
      expect(packer.register_type(-1, klass)).to be_nil
      expect { packer.register_type(128, klass) }.to raise_error(RangeError)
      expect(packed).to eq(ext_bytes(-1, "gem"))
    end

    it "lets unknown_class: false pass what either has registered" do
      packer = described_class.new(unknown_class: false)
      packer.register_type(6, klass)
      expect(packer.write(klass.new).full_pack).to eq(high_gem)
      packer.register_exttype(klass, 5)
      expect(packer.write(klass.new).full_pack).to eq(high_wiki)
      packer.unregister_exttype(klass)
      expect { packer.write(klass.new) }.to raise_error(TypeError)
    end

    describe "made by a Factory" do
      let(:factory) do
        MessagePack::Factory.new.tap { |factory| factory.register_type(6, klass, packer: :to_msgpack_ext) }
      end
      let(:packer) { factory.packer }

      it "takes the wiki's registrations too, for itself alone" do
        packer.register_exttype(klass, 5)
        packer.register_exttype(Range, 4) { "range" }
        expect([packed, packed(1..2), factory.dump(klass.new)]).to eq([high_wiki, ext_bytes(4, "range"), high_gem])
        packer.unregister_exttype(klass)
        expect([packed, factory.packer.write(klass.new).to_s]).to eq([low, high_gem])
      end

      it "packs what is inside of recursive types by all of them" do
        packer = box_factory.packer
        packer.register_exttype(klass, 5)
        packer.register_type(6, Range, :to_s)
        packer.register_lowlevel(Time) { |_time, given| given.write("low") }
        box = FactoryHelpers::Box.new([klass.new, FactoryHelpers::Box.new(1..2), Time.at(0)])
        expect(packer.write(box).to_s)
          .to eq(ext_bytes(1, bytes(0x93, high_wiki, ext_bytes(1, ext_bytes(6, "1..2")), low)))
      end

      it "takes a registration of the wiki's for a recursive type's class" do
        packer = box_factory.packer
        packer.register_exttype(FactoryHelpers::Box, 5) { "no longer recursive" }
        expect(packer.write(FactoryHelpers::Box.new(1)).to_s).to eq(ext_bytes(5, "no longer recursive"))
      end
    end
  end

  describe MessagePack::Unpacker do
    subject(:unpacker) { described_class.new }

    let(:message) { ext_bytes(5, "abcd") }
    let(:pair) { ->(type, data) { [type, data] } }

    around { |example| keeping_class_level_targets { example.run } }

    def read(bytes = message)
      unpacker.feed(bytes).read
    end

    it "takes the later registration of a number, by whichever method; each handler gets its own arguments" do
      seen = [-> { unpacker.register_exttype(5, pair) }, -> { unpacker.register_type(5) { |*data| data } },
              -> { unpacker.register_exttype(5) { |*both| both } },
              -> { unpacker.register_type(5, Class.new { def self.from_msgpack_ext(data) = data }) }].map do |register|
        register.call
        read
      end
      expect(seen).to eq([[5, "abcd"], ["abcd"], [5, "abcd"], "abcd"])
    end

    it "shares one slot a number: each shows, forbids and forgets the other's" do
      unpacker.register_type(5) { |data| data }
      expect(unpacker.exttype(5)).not_to be_nil
      expect(unpacker.resolve_exttype(5)).to eq(unpacker.exttype(5))
      unpacker.register_exttype(5, nil)
      expect([unpacker.exttype(5), unpacker.registered_types, unpacker.type_registered?(5), read])
        .to eq([nil, [], false, MessagePack::ExtType.new(5, "abcd")])
      unpacker.register_type(5) { |data| data }
      unpacker.register_exttype(5, false)
      expect(unpacker.exttype(5)).to be(false)
      expect { read }.to raise_error(MessagePack::UnknownExtTypeError)
      unpacker.register_type(5) { |data| data }
      expect(read).to eq("abcd")
    end

    it "shows negative numbers of register_type by exttype, which register_exttype refuses" do
      unpacker.register_type(-5) { |data| [data] }
      expect(unpacker.exttype(-5)).not_to be_nil
      expect([unpacker.exttype(5), unpacker.exttype(-128), unpacker.exttype(127)]).to eq([nil, nil, nil])
      expect(unpacker.resolve_exttype(-6)).to equal(MessagePack::ExtType)
      expect { unpacker.register_exttype(-5, pair) }.to raise_error(ArgumentError)
      expect(read(ext_bytes(-5, "abcd"))).to eq(["abcd"])
      expect { unpacker.exttype(128) }.to raise_one_of(ArgumentError, RangeError)
      expect { unpacker.resolve_exttype(-129) }.to raise_one_of(ArgumentError, RangeError)
    end

    it "reads objects of both in one container" do
      unpacker.register_exttype(5, pair)
      unpacker.register_type(6) { |data| "gem #{data}" }
      expect(read(bytes(0x93, message, 0x81, ext_bytes(6, "k"), message, ext_bytes(7, "z"))))
        .to eq([[5, "abcd"], { "gem k" => [5, "abcd"] }, MessagePack::ExtType.new(7, "z")])
    end

    it "puts register_type at the first step of the chain" do
      unpacker.default_exttype = pair
      described_class.register_exttype(5) { :class_level }
      unpacker.register_type(5) { :own }
      expect(read).to eq(:own)
    end

    describe "made by a Factory or lent by a Pool" do
      let(:factory) { MessagePack::Factory.new.tap { |it| it.register_type(6, klass, unpacker: ->(data) { [data] }) } }
      let(:unpacker) { factory.unpacker }
      let(:refused) { raise_error(MessagePack::UnknownExtTypeError) }

      it "does not ask the class's default, unlike others" do
        expect(unpacker.resolve_exttype(5)).to be_nil
        expect { read }.to refused
        described_class.default_exttype = pair
        expect { factory.unpacker.feed(message).read }.to refused
        expect { factory.load(message) }.to refused
        expect { factory.pool.load(message) }.to refused
        expect(described_class.new.feed(message).read).to eq([5, "abcd"])
        expect(MessagePack.unpack(message)).to eq([5, "abcd"])
      end

      it "asks the class's table" do
        described_class.register_exttype(5, pair)
        expect(unpacker.resolve_exttype(5)).to equal(pair)
        expect([read, factory.load(message), factory.pool.load(message)]).to all(eq([5, "abcd"]))
        described_class.register_exttype(5, false)
        expect(unpacker.resolve_exttype(5)).to be(false)
        expect { factory.load(message) }.to refused
      end

      it "asks its own registrations and its own default before that" do
        described_class.register_exttype(5) { :class_level }
        described_class.register_exttype(6) { :class_level }
        expect(read(ext_bytes(6, "x"))).to eq(["x"])
        expect(factory.load(message, default_exttype: pair)).to eq([5, "abcd"])
        unpacker.default_exttype = pair
        expect(read).to eq([5, "abcd"])
        unpacker.register_exttype(5) { :own }
        expect(read).to eq(:own)
        unpacker.default_exttype = false
        expect { read(ext_bytes(7, "x")) }.to refused
      end

      it "takes the wiki's registrations for itself alone" do
        unpacker.register_exttype(6, pair)
        expect([read(ext_bytes(6, "x")), factory.load(ext_bytes(6, "x"))]).to eq([[6, "x"], ["x"]])
        unpacker.register_exttype(6, nil)
        expect { read(ext_bytes(6, "x")) }.to refused
        expect(factory.unpacker.feed(ext_bytes(6, "x")).read).to eq(["x"])
      end

      it "is as strict inside of recursive types" do
        factory = box_factory
        wrapped = ext_bytes(1, bytes(0x91, message))
        expect { factory.load(wrapped) }.to refused
        expect(factory.load(wrapped, default_exttype: pair)).to eq(FactoryHelpers::Box.new([[5, "abcd"]]))
        described_class.register_exttype(5) { :class_level }
        expect(factory.load(wrapped)).to eq(FactoryHelpers::Box.new([:class_level]))
      end

      it "takes a registration of the wiki's for a recursive number" do
        unpacker = box_factory.unpacker
        unpacker.register_exttype(1, pair)
        expect(unpacker.feed(ext_bytes(1, "\x07")).read).to eq([1, "\x07".b])
      end
    end
  end

  it "carries what one writes to the other" do
    packer = MessagePack::Packer.new
    packer.register_exttype(klass, 5)
    packer.register_type(6, Range, :to_s)
    stream = packer.write([klass.new, 1..2]).to_s
    factory = MessagePack::Factory.new
    factory.register_type(5, klass, unpacker: ->(data) { "gem reads #{data}" })
    unpacker = factory.unpacker.feed(stream)
    unpacker.register_exttype(6) { |type, data| "wiki reads #{type} #{data}" }
    expect(unpacker.read).to eq(["gem reads wiki", "wiki reads 6 1..2"])
  end
end
