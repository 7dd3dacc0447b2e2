# frozen_string_literal: true

# ExtType, the plain object of a type number and a payload, and its subclasses.
RSpec.describe MessagePack::ExtType do
  around { |example| keeping_class_level_targets { example.run } }

  let(:value) { described_class.new(64, "abcd") }

  %i[new []].each do |name|
    describe ".#{name}" do
      it "takes a type number and a String" do
        value = described_class.public_send(name, 64, "abcd")
        expect(value).to be_an_instance_of(described_class)
        expect([value.type, value.data]).to eq([64, "abcd"])
      end

      it "takes 0 to 127" do
        expect([0, 127].map { |type| described_class.public_send(name, type, "").type }).to eq([0, 127])
        [-1, 128, -128, 2**64].each do |type|
          expect { described_class.public_send(name, type, "") }.to raise_error(ArgumentError, /127/)
        end
      end

      it "refuses other types and payloads" do
        ["1", nil, :a].each do |type|
          expect { described_class.public_send(name, type, "") }.to raise_one_of(TypeError, ArgumentError)
        end
        [nil, 1, :a, ["a"]].each do |data|
          expect { described_class.public_send(name, 1, data) }.to raise_error(TypeError, /String/)
        end
        expect { described_class.public_send(name, 1) }.to raise_error(ArgumentError)
        expect { described_class.public_send(name) }.to raise_error(ArgumentError)
      end
    end
  end

  describe ".from_exttype" do
    it "takes -128 to 127, as the unpacker finds them" do
      expect([-128, -1, 0, 127].map { |type| described_class.from_exttype(type, "a").type }).to eq([-128, -1, 0, 127])
      [-129, 128].each do |type|
        expect { described_class.from_exttype(type, "") }.to raise_one_of(ArgumentError, RangeError)
      end
    end

    it "makes an instance of the class it is called on" do
      subclass = Class.new(described_class)
      expect(subclass.from_exttype(-1, "a")).to be_an_instance_of(subclass)
    end

    it "is what the unpacker calls, for subclasses too" do
      subclass = Class.new(described_class)
      read = MessagePack.unpack(hex("92 d4 ff 61 d4 05 62"), default_exttype: subclass)
      expect(read).to eq([subclass.from_exttype(-1, "a"), subclass.new(5, "b")])
      expect(read).to all(be_an_instance_of(subclass))
    end
  end

  it "is a plain object with two instance variables" do
    expect(value.instance_variables).to contain_exactly(:@type, :@data)
    expect(value.instance_variable_get(:@data)).to equal(value.data)
  end

  it "keeps them through dup, clone and Marshal" do
    copies = [value.dup, value.clone, Marshal.load(Marshal.dump(value))]
    expect(copies).to all(eq(value).and(be_an_instance_of(described_class)))
    expect(copies.map(&:to_msgpack)).to all(eq(bytes(0xd6, 64, "abcd")))
  end

  it "can be frozen and made shareable" do
    expect(value.freeze.to_msgpack).to eq(bytes(0xd6, 64, "abcd"))
    expect(Ractor.shareable?(Ractor.make_shareable(described_class.new(1, +"a")))).to be(true)
  end

  it "gives its payload as to_exttype, for classes registered with a number" do
    packer = MessagePack::Packer.new
    packer.register_exttype(described_class, 9)
    expect(value.to_exttype).to eq("abcd")
    expect(packer.write(value).to_s).to eq(bytes(0xd6, 9, "abcd"))
  end

  describe "#to_msgpack" do
    it "writes any type that it holds" do
      expect(described_class.from_exttype(-128, "a").to_msgpack).to eq(hex("d4 80 61"))
      expect(MessagePack.pack([described_class.from_exttype(-1, "")])).to eq(hex("91 c7 00 ff"))
    end

    it "writes the bytes of the payload" do
      expect(described_class.new(1, "é").to_msgpack).to eq(hex("d5 01 c3 a9"))
      expect(described_class.new(1, "a".encode("UTF-16LE")).to_msgpack).to eq(hex("d5 01 61 00"))
    end

    it "raises ::TypeError or RangeError, not worse, where the instance variables were spoiled", signatures: false do
      value.instance_variable_set(:@data, nil)
      expect { value.to_msgpack }.to raise_error(TypeError)
      spoiled = described_class.allocate
      expect { spoiled.to_msgpack }.to raise_one_of(TypeError, RangeError, ArgumentError)
    end
  end

  describe "#==" do
    it "goes by type and bytes, across subclasses" do
      expect(value).to eq(described_class.new(64, "abcd".b))
      expect(value).to eq(MessagePack::Extended.new(64, "abcd"))
      expect(MessagePack::ExtensionValue.new(64, "abcd")).to eq(value)
      expect(described_class.new(1, "é")).to eq(described_class.new(1, "é".b))
    end

    it "is false for another type, other bytes, and other objects" do
      others = [described_class.new(65, "abcd"), described_class.new(64, "abce"), nil, 64, "abcd", [64, "abcd"],
                BasicObject.new]
      expect(others.map { |other| value == other }).to eq([false] * others.size)
    end
  end

  it "has eql? and hash for Hashes, of the same class only", :aggregate_failures do
    expect(value).to eql(described_class.new(64, "abcd"))
    expect(value.hash).to eq(described_class.new(64, "abcd").hash)
    expect(value).not_to eql(described_class.new(64, "abce"))
    expect(value).not_to eql(MessagePack::Extended.new(64, "abcd"))
    expect({ value => 1 }[described_class.new(64, "abcd")]).to eq(1)
    expect({ value => 1 }[MessagePack::Extended.new(64, "abcd")]).to be_nil
  end

  it "inspects as the wiki shows, in subclasses with their names" do
    expect(value.inspect).to eq('#<MessagePack::ExtType: @type=64, @data="abcd">')
    expect(MessagePack::Extended.new(64, "abcd").inspect).to eq('#<MessagePack::Extended: @type=64, @data="abcd">')
    expect(described_class.from_exttype(-1, "\xff".b).inspect).to eq('#<MessagePack::ExtType: @type=-1, @data="\xFF">')
  end

  it "matches patterns" do
    expect([value.deconstruct, value.deconstruct_keys(nil)]).to eq([[64, "abcd"], { type: 64, data: "abcd" }])
    by_keys = (value in { type: 64, data: String => data })
    by_position = (value in [64, /bc/])
    expect([by_keys, by_position, data]).to eq([true, true, "abcd"])
  end

  describe ".set_as_global_default" do
    it "makes the class or a subclass the last step of the lookup chain" do
      subclass = Class.new(described_class)
      [MessagePack::Extended, subclass, described_class].each do |klass|
        klass.set_as_global_default
        expect(MessagePack::Unpacker.default_exttype).to equal(klass)
        expect(MessagePack.unpack(hex("d4 05 61"))).to be_an_instance_of(klass)
      end
    end
  end

  describe "its subclasses" do
    it "are Extended, ExtendedValue and ExtensionValue" do
      classes = [MessagePack::Extended, MessagePack::ExtendedValue, MessagePack::ExtensionValue]
      expect(classes).to all(be < described_class)
      expect(classes.map { |klass| klass.new(5, "ab").to_msgpack }).to all(eq(hex("d5 05 61 62")))
      expect(classes.map { |klass| klass.from_exttype(-5, "a").type }).to all(eq(-5))
    end

    it "check as ExtType does, ExtensionValue apart" do
      [MessagePack::Extended, MessagePack::ExtendedValue].each do |klass|
        expect { klass.new(128, "a") }.to raise_error(ArgumentError)
        expect { klass.new(1, nil) }.to raise_error(TypeError)
      end
    end
  end
end

RSpec.describe MessagePack::ExtensionValue do
  let(:value) { described_class.new(5, "ab") }

  it "takes none to two arguments and checks nothing" do
    made = [described_class.new, described_class.new(5), described_class.new(5, "ab"), described_class.new(300, :x)]
    expect(made.map(&:to_a)).to eq([[nil, nil], [5, nil], [5, "ab"], [300, :x]])
    expect { described_class.new(1, "a", 2) }.to raise_error(ArgumentError)
  end

  it "has payload for data, and setters" do
    expect([value.type, value.payload, value.data, value.to_a]).to eq([5, "ab", "ab", [5, "ab"]])
    value.type = 6
    value.payload = "cd"
    expect([value.type, value.payload, value.data, value.to_msgpack]).to eq([6, "cd", "cd", hex("d5 06 63 64")])
  end

  it "refuses its setters when frozen" do
    value.freeze
    expect { value.type = 6 }.to raise_error(FrozenError)
    expect { value.payload = "cd" }.to raise_error(FrozenError)
  end

  it "has eql? and hash by content" do
    same = described_class.new(5, +"ab")
    expect([value == same, value.eql?(same), value.hash == same.hash]).to eq([true, true, true])
    expect([value.eql?(described_class.new(5, "ac")), value.eql?(described_class.new(6, "ab"))]).to eq([false, false])
    same.payload << "c"
    expect([value == same, value.eql?(same)]).to eq([false, false])
  end

  it "packs -128 to 127" do
    expect([-128, 127].map { |type| MessagePack.pack(described_class.new(type, "a")) })
      .to eq([hex("d4 80 61"), hex("d4 7f 61")])
  end

  it "raises RangeError when packed with another number, and rolls back" do
    packer = MessagePack::Packer.new.write(1)
    [-129, 128, 300, 2**64].each do |type|
      expect { packer.write([described_class.new(type, "a")]) }.to raise_error(RangeError)
    end
    expect(packer.to_s).to eq(hex("01"))
  end

  it "raises ::TypeError when packed without a number or a String" do
    [[], [5], [5, 6], %w[5 ab], [nil, "ab"]].each do |arguments|
      expect { MessagePack.pack(described_class.new(*arguments)) }.to raise_error(TypeError)
    end
  end
end
