# frozen_string_literal: true

# The protocol between a Packer and the to_msgpack of user classes.
RSpec.describe MessagePack::Packer, "and to_msgpack of user classes" do
  let(:packer) { described_class.new }

  # An object whose to_msgpack is the block.
  def packable(&)
    Class.new.tap { |klass| klass.define_method(:to_msgpack, &) }.new
  end

  it "passes itself, and ignores the result" do
    seen = []
    results = [nil, "a String", 1, packer, MessagePack::Packer.new]
    results.each do |result|
      packer.write([packable { |given| seen << given.write(5) and result }])
    end
    expect(packer.to_s).to eq(hex("91 05") * results.size)
    expect(seen).to all(equal(packer))
  end

  it "is a Packer for MessagePack.pack too, and without any argument" do
    seen = []
    object = packable { |given| seen << given.class and given.write("x") }
    expect([MessagePack.pack(object), MessagePack.pack([object])]).to eq([hex("a1 78"), hex("91 a1 78")])
    expect(seen).to eq([described_class] * 2)
  end

  it "can be written by several calls, headers included" do
    object = packable { |given| given.write_map_header(2).write("a").write([1]).write(:b).write({ "c" => nil }) }
    expect(MessagePack.unpack(packer.write([object, 2]).to_s)).to eq([{ "a" => [1], "b" => { "c" => nil } }, 2])
  end

  it "serves keys and values of maps" do
    object = packable { |given| given.write("k") }
    expect(packer.write({ object => object }).to_s).to eq(hex("81 a1 6b a1 6b"))
  end

  it "is found through method_missing, as respond_to? promises it" do
    delegator = Class.new do
      def respond_to_missing?(name, _all = false) = name == :to_msgpack
      def method_missing(name, packer) = name == :to_msgpack ? packer.write("missing") : super
    end
    expect(packer.write([delegator.new]).to_s).to eq(bytes(0x91, 0xa7, "missing"))
  end

  it "is called on objects below BasicObject" do
    blank = Class.new(BasicObject) { def to_msgpack(packer) = packer.write("blank") }
    expect(packer.write([blank.new]).to_s).to eq(bytes(0x91, 0xa5, "blank"))
  end

  it "may be a method of the object alone" do
    object = Object.new
    def object.to_msgpack(packer) = packer.write("single")
    expect(packer.write(object).to_s).to eq(bytes(0xa6, "single"))
  end

  describe "an object without to_msgpack" do
    before do
      stub_const("Unpackable", Class.new)
      packer.write(1)
    end

    # @return [NoMethodError] what writing raised, after which the packer is as before
    def refusal(object)
      packer.write(object)
    rescue NoMethodError => e
      expect(packer.to_s).to eq(hex("01"))
      e
    end

    it "raises NoMethodError with the name, the receiver and the class" do
      object = Unpackable.new
      error = refusal(object)
      expect(error).to be_an_instance_of(NoMethodError)
      expect(error.message).to start_with("undefined method `to_msgpack' for an instance of Unpackable")
      expect([error.name, error.receiver]).to match([:to_msgpack, equal(object)])
    end

    it "raises it wherever the object stands" do
      object = Unpackable.new
      [[object], { "a" => object }, { object => 1 }, [1, [{ a: [object] }]]].each do |container|
        error = refusal(container)
        expect(error.message).to start_with("undefined method `to_msgpack' for an instance of Unpackable")
        expect(error.receiver).to equal(object)
      end
    end

    it "raises it for objects below BasicObject, of which nothing is asked" do
      stub_const("Blank", Class.new(BasicObject))
      object = Blank.new
      error = refusal([object])
      expect(error.message).to start_with("undefined method `to_msgpack' for an instance of Blank")
      expect(error.receiver.__id__).to eq(object.__id__)
    end

    it "raises it for objects whose inspect or class would fail" do
      Unpackable.class_eval do
        def inspect = raise("inspected")
        def class = raise("asked for its class")
      end
      expect(refusal([Unpackable.new]).name).to eq(:to_msgpack)
    end

    it "raises it from MessagePack.pack" do
      expect { MessagePack.pack([Unpackable.new]) }
        .to raise_error(NoMethodError, /\Aundefined method `to_msgpack' for an instance of Unpackable/)
    end
  end

  describe "errors inside user code" do
    # @return [Array] the error raised inside, and that which came out
    def inside_and_outside(&block)
      inner = nil
      object = packable do |given|
        given.write("partial")
        block.call
      rescue Exception => e # rubocop:disable Lint/RescueException
        inner = [e, e.message.dup]
        raise
      end
      packer.write([object])
    rescue Exception => e # rubocop:disable Lint/RescueException
      [inner, [e, e.message]]
    end

    {
      "NoMethodError of another method" => -> { nil.no_such_method },
      "NoMethodError of to_msgpack itself" => -> { Object.new.to_msgpack },
      "NameError" => -> { Object.const_get(:NoSuchConstantHere) },
      "RangeError" => -> { raise RangeError, "mine" },
      "an Exception beyond StandardError" => -> { raise NotImplementedError, "mine" }
    }.each do |name, code|
      it "come out untouched: #{name}", :slow do
        packer.write(1)
        inner, outer = inside_and_outside(&code)
        expect(outer).to match([equal(inner[0]), inner[1]])
        expect(packer.to_s).to eq(hex("01"))
      end
    end

    it "come out untouched from method_missing and from handlers" do
      klass = Class.new do
        def respond_to_missing?(*) = true
        def method_missing(*) = raise(KeyError, "mine")
      end
      expect { packer.write(klass.new) }.to raise_error(KeyError, "mine")
      packer.register_exttype(klass, 1) { nil.no_such_method }
      expect { packer.write(klass.new) }.to raise_error(NoMethodError, /no_such_method/)
      expect(packer.to_s).to eq("")
    end
  end
end
