# frozen_string_literal: true

# docs/untrusted-input.md: its code is run, and its table compared with the options that there are.
RSpec.describe "docs/untrusted-input.md" do
  root = File.expand_path("../..", __dir__)
  page = File.read(File.join(root, "docs/untrusted-input.md"), encoding: "UTF-8")
  table = page.scan(/^\| `(\w+):`(?: \((\w+)\))? \| ([^|]+) \|/)

  include_examples "a page whose code is run", page

  describe "the table" do
    it "has each option that refuses input" do
      expect(table.map(&:first)).to contain_exactly(
        "max_buffer_size", "max_str_len", "max_bin_len", "max_array_len", "max_map_len", "max_ext_len", "max_depth",
        "strict_map_key", "validate_utf8", "default_exttype"
      )
    end

    it "has the default of each" do
      beyond = { "max_depth" => ["\x91".b * 501, MessagePack::StackError], "strict_map_key" => [hex("81 01 02")],
                 "validate_utf8" => [hex("a1 ff")], "default_exttype" => [hex("d4 05 61")] }
      defaults = table.to_h { |name, _, default| [name, default] }
      expect(defaults.values_at(*beyond.keys)).to eq(["500", "false", "false", "nil, which leads to `ExtType`"])
      expect(defaults.except(*beyond.keys).values.uniq).to eq(["none"])
      beyond.each_value do |bytes, error|
        error ? (expect { MessagePack.unpack(bytes) }.to raise_error(error)) : MessagePack.unpack(bytes)
      end
      expect(MessagePack.unpack(hex("d4 05 61"))).to be_an_instance_of(MessagePack::ExtType)
    end

    it "has units as the messages have them" do
      units = table.to_h { |name, unit,| [name, unit] }
      %w[max_str_len:a1 max_bin_len:c401 max_array_len:91 max_map_len:81 max_ext_len:d405].each do |pair|
        name, digits = pair.split(":")
        expect { MessagePack.unpack(hex(digits), name.to_sym => 0) }
          .to raise_error(MessagePack::LimitError, / 1 #{units.fetch(name)} where #{name}/)
      end
    end
  end

  it "says what memory comes to, as it is in Ruby 3.1" do
    run = in_subprocess(<<~RUBY)
      require "msgpack-ext"
      require "objspace"
      GC.start
      GC.disable
      chain = ("\\x81\\xC0".b * 498) << 0xc0
      message = "\\xDC\\x02\\x00".b + (chain * 512)
      before = ObjectSpace.memsize_of_all
      object = MessagePack.unpack(message)
      puts (ObjectSpace.memsize_of_all - before) / message.bytesize, object.size
    RUBY
    expect(run).to be_success, run.to_s
    bytes, size = run.stdout.split.map(&:to_i)
    expect(size).to eq(512)
    expect(bytes).to be_between(60, 100)
  end

  it "names an array's announcement that reserves nothing" do
    expect(page).to include('"\xDD\xFF\xFF\xFF\xFF"')
    expect { MessagePack.unpack("\xDD\xFF\xFF\xFF\xFF") }.to raise_error(MessagePack::UnderflowError)
  end
end
