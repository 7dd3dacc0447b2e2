# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "and the lookup of extended types" do
  subject(:unpacker) { described_class.new }

  let(:ext) { MessagePack::ExtType }
  let(:pair) { ->(type, data) { [type, data] } }

  around { |example| keeping_class_level_targets { example.run } }

  describe "the lookup chain" do
    let(:message) { hex("d4 05 aa") }

    # The four steps, each a target of its own that gives its name.
    let(:targets) { %i[own own_default class_level class_default].to_h { |name| [name, ->(_type, _data) { name }] } }

    def set(step, target)
      case step
      when :own then unpacker.register_exttype(5, target)
      when :own_default then unpacker.default_exttype = target
      when :class_level then described_class.register_exttype(5, target)
      when :class_default then described_class.default_exttype = target
      end
    end

    %i[own own_default class_level class_default].each_with_index do |step, index|
      it "takes #{step} when all before it are nil" do
        targets.each_with_index { |(name, target), place| set(name, place < index ? nil : target) }

        expect(unpacker.resolve_exttype(5)).to equal(targets[step])
        expect(unpacker.feed(message).read).to eq(step)
      end

      it "ends at #{step} when that is false" do
        targets.each_with_index { |(name, target), place| set(name, place < index ? nil : target) }
        set(step, false)

        expect(unpacker.resolve_exttype(5)).to be(false)
        expect { unpacker.feed(message).read }.to raise_error(MessagePack::UnknownExtTypeError)
      end
    end

    it "ends with an UnknownExtTypeError, an UnpackerError, when all are nil" do
      targets.each_key { |name| set(name, nil) }

      expect(unpacker.resolve_exttype(5)).to be_nil
      error = error_of { unpacker.feed(message).read }
      expect(error).to be_a(MessagePack::UnknownExtTypeError).and be_a(MessagePack::UnpackerError)
      expect(error.message).to match(/\b5\b/)
    end

    it "starts with ExtType as the class's default" do
      expect(described_class.default_exttype).to equal(ext)
      expect(unpacker.default_exttype).to be_nil
      expect(unpacker.resolve_exttype(5)).to equal(ext)
      expect(unpacker.resolve_exttype(-1)).to equal(ext)
    end

    it "reads the class level at each lookup, in unpackers that exist already too" do
      unpacker.feed(message * 4)
      results = [unpacker.read]
      described_class.register_exttype(5) { :registered }
      results << unpacker.read
      described_class.register_exttype(5, nil)
      described_class.default_exttype = ->(_type, _data) { :default }

      expect(results << unpacker.read << MessagePack.unpack(message)).to eq(
        [ext.new(5, "\xAA".b), :registered, :default, :default]
      )
    end

    it "is changed by a handler for the objects after it" do
      unpacker.register_exttype(5) do |_type, data|
        unpacker.register_exttype(5) { :later }
        data
      end

      expect(unpacker.feed(hex("92 d4 05 aa d4 05 bb")).read).to eq(["\xAA".b, :later])
    end

    it "gives back what was registered" do
      target = Class.new { def self.from_exttype(_type, data) = data }
      unpacker.register_exttype(5, target)
      unpacker.register_exttype(6, pair)
      unpacker.register_exttype(7) { nil }
      unpacker.register_exttype(8, false)

      expect([5, 6, 8, 9].map { |type| unpacker.exttype(type) }).to eq([target, pair, false, nil])
      expect(unpacker.exttype(7)).to be_a(Proc)
    end
  end

  describe "default_exttype" do
    it "is set by option, by the instance's writer and by the class's" do
      expect(described_class.new(default_exttype: pair).default_exttype).to equal(pair)
      unpacker.default_exttype = ext
      expect(unpacker.default_exttype).to equal(ext)
      described_class.default_exttype = pair
      expect(described_class.default_exttype).to equal(pair)
    end

    it "takes the same targets as a registration, and refuses the same" do
      [unpacker, described_class].each do |owner|
        owner.default_exttype = pair
        expect { owner.default_exttype = Class.new }.to raise_error(ArgumentError)
        expect { owner.default_exttype = Object.new }.to raise_error(TypeError)
        expect(owner.default_exttype).to equal(pair)
      end
      expect { described_class.new(default_exttype: 5) }.to raise_error(TypeError)
      expect { described_class.new(default_exttype: Class.new) }.to raise_error(ArgumentError)
    end
  end

  describe "a subclass" do
    it "shares the class-level table and default" do
      subclass = Class.new(described_class)
      subclass.register_exttype(5, pair)
      expect(described_class.exttype(5)).to equal(pair)

      described_class.default_exttype = false
      expect(subclass.default_exttype).to be(false)
      expect(subclass.new.feed(hex("d4 05 aa")).read).to eq([5, "\xAA".b])
    end
  end
end
