# frozen_string_literal: true

# Renders templates of rabl as MessagePack. Each comes back as rabl's own Hash too, which no MessagePack has touched.
require_relative "report"
require "rabl"
require "active_support/core_ext/hash/indifferent_access"
require "active_support/core_ext/string/output_safety"

Author = Struct.new(:id, :name, :email)
Comment = Struct.new(:id, :text, :author)
Post = Struct.new(:id, :title, :body, :score, :tags, :author, :comments, :picture)

# Writes itself, which is what an application's own class is expected to do.
Money = Struct.new(:cents, :currency) do
  def to_msgpack(packer)
    packer.write_array_header(2).write(cents).write(currency)
  end
end

TEMPLATE = <<~RABL
  object @post
  attributes :id, :title, :score, :tags
  attributes :body => :text
  node(:symbol) { :published }
  node(:none) { nil }
  node(:flags) { { true => false, 7 => [nil, -1, 2**63] } }
  node(:options) { { "a" => { b: 1 } }.with_indifferent_access }
  node(:html) { "<b>é</b>".html_safe }
  child(:author) { attributes :id, :name }
  child(:comments => :comments) do
    attributes :id, :text
    glue(:author) { attributes :email => :by }
  end
RABL

authors = Array.new(40) { |i| Author.new(i, "Aüthor #{i} \u{1f58b}", "a#{i}@example.org") }
comments = Array.new(100) { |i| Comment.new(2**i.clamp(0, 63), "\u3072" * i, authors[i % 40]) }
post = Post.new(-129, "T" * 40, "x" * 300, 4.25, %w[ruby rust] + [""], authors[3], comments, "\x00\xFF".b * 200)

# Core classes only, which the spec has too; Symbols become Strings, as they do on the wire.
plain = lambda do |object|
  case object
  when Hash then object.to_h { |key, value| [plain[key], plain[value]] }
  when Array then object.map(&plain)
  when String, Symbol then object.to_s.to_str
  else object
  end
end

render = lambda do |object, template, **options|
  hash = Rabl::Renderer.new(template, object, format: :hash, **options).render
  [plain[hash], Rabl::Renderer.msgpack(object, template, **options)]
end

results = {}
Rabl.configuration.include_child_root = false # as it is in the Hash
results[:object] = render.call(post, TEMPLATE)
results[:collection] = render.call([post] * 3, TEMPLATE.sub("object @post", "collection @posts => :posts"))
results[:none] = render.call(nil, "object @post\nnode(:found) { false }\n")
results[:binary] = render.call(post, "object @post\nattributes :id, :picture\n")

# A template in a file, extended by another one.
File.write("_author.rabl", "attributes :id, :name\n")
File.write("post.rabl", "object @post\nattributes :id\nchild(:author) { extends '_author' }\n")
results[:extended] = render.call(post, "post", view_path: Dir.pwd)

results[:money] = render.call(post, "object @post\nnode(:price) { Money.new(1999, 'EUR') }\n").last

# What rabl leaves to its MessagePack: a Time, before and after the application has registered it.
time = "object @post\nnode(:at) { Time.at(1_700_000_000, 123_456_789, :nsec) }\n"
results[:time_refused] = begin
  render.call(post, time).last
rescue NoMethodError => e
  [e.class, e.name]
end
MessagePack::DefaultFactory.register_type(
  MessagePack::Timestamp::TYPE, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker
)
results[:time] = render.call(post, time)
results[:time_read] = MessagePack.unpack(results[:time].last)

# The engine may be another one: a Factory has the same `pack`.
factory = MessagePack::Factory.new
factory.register_type(5, Money, packer: ->(money) { money.to_a.join(" ") },
                                unpacker: ->(data) { Money.new(*data.split) })
Rabl.configure do |config|
  config.msgpack_engine = factory
  config.include_msgpack_root = false
end
results[:factory] = render.call(post, "object @post\nnode(:price) { Money.new(1999, 'EUR') }\n").last
results[:factory_read] = factory.unpack(results[:factory])["price"].to_a

Report.write(results)
