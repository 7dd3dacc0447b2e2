# frozen_string_literal: true

# The options allow_unknown_ext: and key_cache:, alone and with others.
RSpec.describe MessagePack::Unpacker, "and its options" do
  describe "allow_unknown_ext: true" do
    let(:message) { ext_bytes(5, "abcd") }
    let(:value) { MessagePack::ExtensionValue }

    around { |example| keeping_class_level_targets { example.run } }

    def read(**options)
      described_class.new(options).feed(message).read
    end

    it "gives ExtensionValue" do
      object = read(allow_unknown_ext: true)
      expect(object).to be_an_instance_of(value)
      expect([object.type, object.payload, object.payload.encoding]).to eq([5, "abcd", Encoding::BINARY])
      expect(object.payload).not_to be_frozen
    end

    it "gives it for reserved numbers, and inside containers" do
      unpacker = described_class.new(allow_unknown_ext: true)
      object = unpacker.feed(bytes(0x92, ext_bytes(-128, "a"), 0x81, ext_bytes(127, ""), ext_bytes(-1, "bc"))).read
      expect(object).to eq([value.new(-128, "a"), { value.new(127, "") => value.new(-1, "bc") }])
    end

    it "stands at the second step of the lookup chain" do
      unpacker = described_class.new(allow_unknown_ext: true)
      expect([unpacker.default_exttype, unpacker.resolve_exttype(5)]).to eq([value, value])
      described_class.register_exttype(5) { :class_level }
      expect(unpacker.feed(message).read).to eq(value.new(5, "abcd"))
      unpacker.register_exttype(5) { :own }
      expect(unpacker.feed(message).read).to eq(:own)
      unpacker.register_type(5) { |data| data }
      expect(unpacker.feed(message).read).to eq("abcd")
    end

    it "steps back for default_exttype:" do
      target = ->(type, data) { [type, data] }
      expect(read(allow_unknown_ext: true, default_exttype: target)).to eq([5, "abcd"])
      expect(read(default_exttype: MessagePack::Extended, allow_unknown_ext: true))
        .to be_an_instance_of(MessagePack::Extended)
      expect { read(allow_unknown_ext: true, default_exttype: false) }
        .to raise_error(MessagePack::UnknownExtTypeError)
    end

    it "is what default_exttype= replaces" do
      unpacker = described_class.new(allow_unknown_ext: true)
      unpacker.default_exttype = nil
      expect(unpacker.feed(message).read).to be_an_instance_of(MessagePack::ExtType)
    end

    it "makes the unpackers of a factory less strict" do
      factory = MessagePack::Factory.new
      expect(factory.unpacker(allow_unknown_ext: true).feed(message).read).to eq(value.new(5, "abcd"))
      expect(factory.load(message, allow_unknown_ext: true)).to eq(value.new(5, "abcd"))
      expect(factory.pool(1, allow_unknown_ext: true).load(message)).to be_an_instance_of(value)
      expect { factory.load(message, allow_unknown_ext: false) }.to raise_error(MessagePack::UnknownExtTypeError)
    end

    it "is an option of the module functions" do
      expect(MessagePack.unpack(message, allow_unknown_ext: true)).to be_an_instance_of(value)
      expect(MessagePack.load(message, allow_unknown_ext: false)).to be_an_instance_of(MessagePack::ExtType)
    end

    it "packs again what it has read" do
      expect(MessagePack.pack(read(allow_unknown_ext: true))).to eq(message)
    end

    it "is told by allow_unknown_ext?" do
      options = [{}, { allow_unknown_ext: false }, { allow_unknown_ext: true },
                 { allow_unknown_ext: true, default_exttype: value }]
      expect(options.map { |each| described_class.new(each).allow_unknown_ext? }).to eq([false, false, true, true])
      factory = MessagePack::Factory.new
      expect([factory.unpacker, factory.unpacker(allow_unknown_ext: true)].map(&:allow_unknown_ext?))
        .to eq([false, true])
    end
  end

  describe "key_cache:" do
    # As many different keys as no cache holds, keys that are alike, and each of them several times.
    let(:names) do
      ["", "a", "é", "\xFF", "k" * 31, "k" * 32, "k" * 300, "headAAAAtailtail", "headBBBBtailtail",
       *Array.new(600) { |number| "key#{number}" }]
    end
    let(:message) do
      maps = names.each_slice(7).map { |slice| slice.to_h { |name| [name, name.bytesize] } }
      MessagePack.pack([*maps, *maps.reverse, names.each_with_index.to_h])
    end

    def read(bytes, **options)
      described_class.new(options).feed(bytes).read
    end

    [true, false, nil].each do |setting|
      describe setting.inspect do
        it "gives the same objects as the default, keys frozen and interned" do
          object = read(message, key_cache: setting)
          expect(object).to eq(read(message))
          expect(object.flat_map(&:keys)).to all(be_frozen)
          object.flat_map(&:keys).each { |key| expect(key).to equal(-key) }
        end

        it "does so byte by byte, and in the next message" do
          small = MessagePack.pack([{ "a" => 1, "bc" => { "a" => 2 } }, { "a" => 3, "d" * 40 => 4 }])
          unpacker = described_class.new(key_cache: setting)
          objects = Array.new(2) do
            small.each_char { |byte| unpacker.feed(byte) }
            unpacker.read
          end
          expect(objects).to all(eq([{ "a" => 1, "bc" => { "a" => 2 } }, { "a" => 3, "d" * 40 => 4 }]))
        end

        it "tells str keys from bin keys" do
          2.times do
            keys = read(hex("82 a2 c3 a9 01 c4 02 c3 a9 02"), key_cache: setting).keys
            expect(keys.map(&:encoding)).to eq([Encoding::UTF_8, Encoding::BINARY])
          end
        end

        it "goes with symbolize_keys: and freeze:" do
          bytes = MessagePack.pack([{ "a" => "b" }, { "a" => { "a" => "b" } }])
          expect(read(bytes, key_cache: setting, symbolize_keys: true)).to eq([{ a: "b" }, { a: { a: "b" } }])
          frozen = read(bytes, key_cache: setting, freeze: true)
          expect(frozen).to eq([{ "a" => "b" }, { "a" => { "a" => "b" } }])
          expect(Ractor.shareable?(frozen)).to be(true)
        end

        it "is an option of the module functions and of factories" do
          expected = read(message)
          factory = MessagePack::Factory.new
          expect([MessagePack.unpack(message, key_cache: setting), factory.load(message, key_cache: setting),
                  factory.pool(1, key_cache: setting).load(message)]).to all(eq(expected))
        end

        it "lets other keys be, and values of the same bytes unfrozen" do
          object = read(hex("84 a1 61 a1 61 01 02 91 a1 61 03 c0 04"), key_cache: setting)
          expect(object).to eq({ "a" => "a", 1 => 2, ["a"] => 3, nil => 4 })
          expect([object["a"], object.keys[2][0]]).not_to include(be_frozen)
        end
      end
    end

    it "keeps its keys through the GC" do
      unpacker = described_class.new(key_cache: true)
      3.times do
        expect(unpacker.feed(hex("82 a4 6b 65 79 31 01 a4 6b 65 79 32 02")).read).to eq({ "key1" => 1, "key2" => 2 })
        GC.start
      end
    end
  end

  it "ignores options that it does not know" do
    expect(described_class.new(no_such_option: 1, freeze: false).feed(hex("01")).read).to eq(1)
  end
end
