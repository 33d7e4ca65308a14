package state

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"

	"github.com/smartlake/pulumi-smartlake/internal/local/authority"
)

const (
	authorityFolder = "ca"
	authorityName   = "authority.pem" // with the key
)

// Authority is the user's certificate authority, made if there is none yet.
func (f *Folder) Authority() (_ *authority.Authority, err error) {
	dir, err := f.top.sub(authorityFolder, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	lock, err := dir.lock() // two stacks may start at once
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Name(), err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	own, err := dir.authority()
	if err != nil {
		return nil, err
	}
	public, err := dir.read(CertificateName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !bytes.Equal(public, own.CertificatePEM()) {
		return own, dir.write(CertificateName, own.CertificatePEM())
	}
	return own, nil
}

// authority reads the one in the folder, or makes one.
func (d directory) authority() (*authority.Authority, error) {
	text, err := d.read(authorityName)
	if errors.Is(err, fs.ErrNotExist) {
		own, err := authority.New()
		if err != nil {
			return nil, err
		}
		if text, err = own.Encode(); err != nil {
			return nil, err
		}
		return own, d.write(authorityName, text)
	}
	if err != nil {
		return nil, err
	}
	own, err := authority.Parse(text)
	if err != nil {
		return nil, fmt.Errorf(`%s: %w; run "smartlake local untrust", and delete the folder %s for a new certificate authority`, d.path(authorityName), err, d.Name())
	}
	return own, nil
}

// Trusted is the certificate of the user's authority and its file, for those who trust it
// or no longer do. The error is fs.ErrNotExist if there is none.
func (f *Folder) Trusted() (_ *x509.Certificate, file string, err error) {
	dir, err := f.top.sub(authorityFolder, false)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	file = dir.path(CertificateName)
	text, err := dir.read(CertificateName)
	if err != nil {
		return nil, file, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, file, fmt.Errorf("%s: must be a certificate in PEM", file)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, file, fmt.Errorf("%s: %w", file, err)
	}
	return certificate, file, nil
}

// Authority issues the certificate of the cloud's endpoints: the user's, or one of its own
// for a throwaway.
func (c *Cloud) Authority() (_ *authority.Authority, err error) {
	if c.issuer == nil {
		c.issuer, err = authority.New()
	}
	return c.issuer, err
}

// Throwaway keeps everything in memory, and has the user's authority.
func (f *Folder) Throwaway() (*Cloud, error) {
	own, err := f.Authority()
	if err != nil {
		return nil, err
	}
	thrown := Throwaway()
	thrown.issuer = own
	return thrown, nil
}
